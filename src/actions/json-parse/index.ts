/**
 * `json.parse`: JSON text or blob → value. What is large is read in the work thread.
 */
import { type Clock, decodeText, getOwn, type JsonObject, MIB } from '../../core/index.ts';
import type { Action, BlobStore } from '../../engine/index.ts';
import { MAX_JSON_BYTES, parseJsonText, type WorkThread } from '../../work/index.ts';
import { actionError, jobTimeMs, shown } from '../action-input.ts';
import { BLOB_HANDLE, objectSchema, textOrHandle } from '../action-schema.ts';
import { readBlob, readTextSource } from '../text-source.ts';

const NAME = 'json.parse';
const MAX_BYTES = 50 * MIB;

/** What `json.parse` is built on. */
export interface JsonParseDeps {
  readonly blobs: BlobStore;
  readonly work: WorkThread;
  readonly clock: Pick<Clock, 'tickMs'>;
  /** Largest state of a run: no more than this is given. */
  readonly stateBytes: number;
}

const WITH_SCHEMA = objectSchema({
  text: textOrHandle('JSON text of at most 50 MiB.'),
  blob: BLOB_HANDLE,
  at: {
    type: ['string', 'null'],
    maxLength: 1_000,
    description: 'JSON Pointer of the part that is wanted, such as /items/0; empty (default) is the whole.',
  },
});

const RESULT_SCHEMA: JsonObject = { type: 'object', properties: { value: { description: 'What the text holds.' } } };

/** `json.parse`. */
export function createJsonParseAction(deps: JsonParseDeps): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Reads JSON from text or a blob.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const source = readTextSource(NAME, input, { maxBytes: MAX_BYTES });
      const options = { at: readPointer(input), maxLength: MAX_BYTES, maxBytes: deps.stateBytes };
      const contentType = source.kind === 'blob' ? source.handle.type : '';
      const body =
        source.kind === 'blob'
          ? await readBlob(NAME, source.handle, { call, blobs: deps.blobs, maxBytes: MAX_BYTES })
          : source.text;
      const timeoutMs = jobTimeMs(call, deps.clock);
      const parsed =
        body.length <= MAX_JSON_BYTES
          ? parseJsonText(typeof body === 'string' ? body : decodeText(body, contentType), options)
          : await deps.work.run(
              { kind: 'json.parse', body, input: { ...options, contentType } },
              { signal: call.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
            );
      if (!parsed.ok) throw actionError(NAME, `the text cannot be used: ${parsed.reason}.`);
      return { value: { value: parsed.value } };
    },
  };
}

function readPointer(input: JsonObject): string {
  const at = getOwn(input, 'at') ?? '';
  if (typeof at === 'string' && (at === '' || at.startsWith('/'))) return at;
  throw actionError(NAME, `at must be a JSON Pointer such as /items/0, got ${shown(at)}.`);
}
