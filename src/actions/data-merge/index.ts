/**
 * `data.merge`: several objects → one. Later ones win; the objects given are not changed.
 */
import { cloneJson, getOwn, isJsonObject, type JsonObject, type JsonValue, setOwn } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { objectSchema } from '../action-schema.ts';

const MAX_SOURCES = 1_000;

const WITH_SCHEMA = objectSchema(
  {
    sources: {
      type: 'array',
      items: { type: ['object', 'null'] },
      maxItems: MAX_SOURCES,
      description: 'Objects; keys of later ones win. Null counts as an empty object.',
    },
    deep: {
      type: ['boolean', 'null'],
      description: 'Merge objects inside objects as well, at every level; lists are replaced. Default false.',
    },
  },
  ['sources'],
);

const RESULT_SCHEMA: JsonObject = { type: 'object', properties: { merged: { type: 'object' } } };

/** `data.merge`. */
export function createDataMergeAction(): Action {
  return {
    name: 'data.merge',
    effect: 'safe',
    about: 'Merges objects into one.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      const sources = getOwn(input, 'sources');
      const isDeep = getOwn(input, 'deep') === true;
      const merged: JsonObject = {};
      for (const source of Array.isArray(sources) ? (sources as readonly JsonValue[]) : []) {
        if (isJsonObject(source)) mergeInto(merged, source, isDeep);
      }
      return { value: { merged } };
    },
  };
}

/** Puts `source` over `target`. When it goes deep, `target` holds copies only, so that it may be changed. */
function mergeInto(target: JsonObject, source: JsonObject, isDeep: boolean): void {
  for (const [key, value] of Object.entries(source)) {
    const before = getOwn(target, key);
    if (isDeep && isJsonObject(before) && isJsonObject(value)) mergeInto(before, value, true);
    else setOwn(target, key, isDeep ? cloneJson(value) : value);
  }
}
