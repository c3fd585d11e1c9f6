/**
 * How the `kv` actions name what they keep.
 */
import type { JsonObject } from '../core/index.ts';

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
