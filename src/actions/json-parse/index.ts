/**
 * `json.parse`: JSON text or blob → value.
 */
import type { JsonObject } from '../../core/index.ts';
import type { Action, BlobStore } from '../../engine/index.ts';
import { actionError, readBlobHash, readText } from '../action-input.ts';
import { BLOB_HANDLE, objectSchema } from '../action-schema.ts';
import { MAX_JSON_BYTES, parseBoundedJson } from '../bounded-json.ts';
import { decodeText } from '../text-decoding.ts';

const NAME = 'json.parse';

const WITH_SCHEMA = objectSchema({
  text: { type: ['string', 'null'], description: 'JSON text of at most 1 MiB.' },
  blob: BLOB_HANDLE,
});

const RESULT_SCHEMA: JsonObject = { type: 'object', properties: { value: { description: 'What the text holds.' } } };

/** `json.parse`. */
export function createJsonParseAction(deps: { readonly blobs: BlobStore }): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Reads JSON from text or a blob.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const hash = readBlobHash(input, 'blob');
      const given = readText(input, 'text');
      if ((hash === undefined) === (given === undefined))
        throw actionError(NAME, 'takes either text or blob, and not both.');
      const bytes = hash === undefined ? undefined : await deps.blobs.read(hash, call.signal);
      if (bytes !== undefined && bytes.byteLength > MAX_JSON_BYTES) {
        throw actionError(NAME, `the blob has ${bytes.byteLength} bytes; at most ${MAX_JSON_BYTES} are read.`);
      }
      const parsed = parseBoundedJson(bytes === undefined ? (given ?? '') : decodeText(bytes));
      if (!parsed.ok) throw actionError(NAME, `the text cannot be used: ${parsed.reason}.`);
      return { value: { value: parsed.value } };
    },
  };
}
