/**
 * `memory.get`: a value that `memory.set` kept in this process.
 */
import { getOwn, type JsonObject } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { DEFAULT_NAMESPACE, KEY, NAMESPACE } from '../kv-names.ts';
import type { MemoryValues } from '../memory-values.ts';

const WITH_SCHEMA = objectSchema(
  { namespace: NAMESPACE, key: KEY, default: { description: 'The value when nothing was kept. Default null.' } },
  ['key'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    value: { description: 'What was kept, or `default`.' },
    found: { type: 'boolean', description: 'Whether anything was kept.' },
  },
};

/** `memory.get`. */
export function createMemoryGetAction(deps: { readonly memory: MemoryValues }): Action {
  return {
    name: 'memory.get',
    effect: 'safe',
    about: 'Gives a value that this process remembers by its key.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      const namespace = readText(input, 'namespace') ?? DEFAULT_NAMESPACE;
      const value = deps.memory.get(namespace, readText(input, 'key') ?? '');
      const given = value === undefined ? (getOwn(input, 'default') ?? null) : value;
      return { value: { value: given, found: value !== undefined } };
    },
  };
}
