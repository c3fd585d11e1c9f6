/**
 * `json.stringify`: value → JSON text.
 */
import { formatSize, getOwn, type JsonObject } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { actionError, shown } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { MAX_JSON_BYTES } from '../../work/index.ts';

const NAME = 'json.stringify';

const WITH_SCHEMA = objectSchema(
  {
    value: { description: 'Any value.' },
    indent: {
      type: ['integer', 'null'],
      minimum: 0,
      maximum: 10,
      description: 'Blanks per level; 0 (default) is one line.',
    },
  },
  ['value'],
);

const RESULT_SCHEMA: JsonObject = { type: 'object', properties: { text: { type: 'string' } } };

/** `json.stringify`. */
export function createJsonStringifyAction(): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Writes a value as JSON text.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      const indent = getOwn(input, 'indent') ?? 0;
      if (typeof indent !== 'number' || !Number.isInteger(indent) || indent < 0 || indent > 10) {
        throw actionError(NAME, `indent must be a whole number from 0 to 10, got ${shown(indent)}.`);
      }
      const text = JSON.stringify(getOwn(input, 'value') ?? null, null, indent);
      if (Buffer.byteLength(text) > MAX_JSON_BYTES) {
        throw actionError(NAME, `the text would be longer than ${formatSize(MAX_JSON_BYTES)}.`);
      }
      return { value: { text } };
    },
  };
}
