/**
 * How the `kv` and `memory` actions name what they keep, and what asking for it takes and gives.
 */
import type { JsonObject } from '../core/index.ts';
import { objectSchema } from './action-schema.ts';

/** The namespace of who names none. */
export const DEFAULT_NAMESPACE = 'default';

/** Schema of a namespace. */
export const NAMESPACE: JsonObject = {
  type: ['string', 'null'],
  maxLength: 64,
  description:
    'Shelf the key lies on, shared by all flows: 1 to 64 letters, digits, "_", "." or "-". Default `default`.',
};

/** Schema of a key. */
export const KEY: JsonObject = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'Any text of 1 to 256 characters.',
};

/** Schema of asking for a value. */
export const GET_SCHEMA: JsonObject = objectSchema(
  { namespace: NAMESPACE, key: KEY, default: { description: 'The value when nothing was kept. Default null.' } },
  ['key'],
);

/** Schema of what is given for it. */
export const GET_RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    value: { description: 'What was kept, or `default`.' },
    found: { type: 'boolean', description: 'Whether anything was kept.' },
  },
};
