/**
 * Pieces that the schemas of several actions share.
 *
 * What a flow may leave out may also be null, because that is what a template gives for an unset value.
 */
import type { JsonObject } from '../core/index.ts';

/** An object that takes exactly `properties`. */
export function objectSchema(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: 'object', additionalProperties: false, properties, required };
}

/** A blob handle, as `http.get` and `file.read` give it. */
export const BLOB_HANDLE: JsonObject = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    blob: { type: 'string', description: 'SHA-256 of the content, hex.' },
    bytes: { type: 'integer', minimum: 0 },
    type: { type: 'string' },
  },
  required: ['blob'],
  description: 'Bytes that stay outside the state, as an action with `as: blob` gave them.',
};

/** Text, or the handle of a blob that stands for it. */
export function textOrHandle(description: string): JsonObject {
  const { additionalProperties, properties, required } = BLOB_HANDLE;
  return {
    type: ['string', 'object', 'null'],
    additionalProperties,
    properties,
    required,
    description: `${description} A blob handle may stand for it.`,
  } as JsonObject;
}

/** How an action hands over what it read. */
export const AS: JsonObject = {
  enum: ['text', 'json', 'blob', null],
  description:
    'What the content becomes: `text` (default), `json` (parsed), or `blob` (a handle; the bytes stay outside the state).',
};

/** A size option. */
export function sizeSchema(description: string): JsonObject {
  return { type: ['integer', 'string', 'null'], description };
}
