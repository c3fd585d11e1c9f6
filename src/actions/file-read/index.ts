/**
 * `file.read`: a file beside the flow as text, JSON or a blob.
 */
import { hasCode, type JsonObject, MIB } from '../../core/index.ts';
import type { Action, ActionCall, BlobStore } from '../../engine/index.ts';
import { actionError, readSize, readText, shown } from '../action-input.ts';
import { AS, objectSchema, sizeSchema } from '../action-schema.ts';
import { type FileRules, type OpenFile, openAllowedFile, readChunks, readWhole, tooLarge } from '../allowed-files.ts';
import { MAX_JSON_BYTES, parseBoundedJson } from '../../work/index.ts';
import { decodeText } from '../../core/index.ts';

const NAME = 'file.read';
const MAX_TEXT_BYTES = 4 * MIB;
const MAX_BLOB_BYTES = 50 * 1_000_000;

/** What `file.read` is built on. */
export interface FileReadDeps {
  readonly files: FileRules;
  readonly blobs: BlobStore;
}

const WITH_SCHEMA = objectSchema(
  {
    path: { type: 'string', minLength: 1, description: 'Path relative to the flow file, inside files.root.' },
    as: AS,
    max_bytes: sizeSchema(
      'Largest file: default 1MiB, at most 4MiB (json: 1MiB); with as: blob default and at most 50MB.',
    ),
  },
  ['path'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    text: { type: ['string', 'null'], description: 'With as: text, the content; what is not UTF-8 becomes U+FFFD.' },
    json: { description: 'With as: json, the value, else null.' },
    blob: { type: ['object', 'null'], description: 'With as: blob, the handle, else null.' },
    bytes: { type: 'integer', description: 'Size of what was read.' },
    modified_ms: { type: 'integer', description: 'When the file was last changed, ms since 1970.' },
  },
};

/** `file.read` inside the allowed folder. */
export function createFileReadAction(deps: FileReadDeps): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Reads a file inside the folder that flows may use.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      call.signal.throwIfAborted();
      const path = readText(input, 'path') ?? '';
      const opened = await openAllowedFile(NAME, path, call.flowDirectory, deps.files);
      try {
        const content = await readContent(path, opened, { input, call, blobs: deps.blobs });
        return { value: { text: null, json: null, blob: null, ...content, modified_ms: opened.modifiedMs } };
      } finally {
        await opened.file.close();
      }
    },
  };
}

interface Reading {
  readonly input: JsonObject;
  readonly call: ActionCall;
  readonly blobs: BlobStore;
}

async function readContent(path: string, opened: OpenFile, { input, call, blobs }: Reading): Promise<JsonObject> {
  const { signal } = call;
  const as = readText(input, 'as') ?? 'text';
  if (as === 'blob') {
    const maxBytes = readSize(NAME, input, 'max_bytes', { fallbackBytes: MAX_BLOB_BYTES, maxBytes: MAX_BLOB_BYTES });
    if (opened.bytes > maxBytes) throw tooLarge(NAME, path, maxBytes);
    try {
      const source = readChunks(opened.file, maxBytes, signal);
      const { blob, bytes, type } = await blobs.put(call.runId, source, { type: 'application/octet-stream', maxBytes });
      return { blob: { blob, bytes, type }, bytes };
    } catch (error) {
      // It grew while it was read.
      throw hasCode(error, 'CONN_TOO_LARGE') ? tooLarge(NAME, path, maxBytes) : error;
    }
  }
  const ceiling = as === 'json' ? MAX_JSON_BYTES : MAX_TEXT_BYTES;
  const maxBytes = readSize(NAME, input, 'max_bytes', { fallbackBytes: MIB, maxBytes: ceiling });
  const bytes = await readWhole(NAME, path, opened, { maxBytes, signal });
  const text = decodeText(bytes);
  if (as === 'text') return { text, bytes: bytes.byteLength };
  const parsed = parseBoundedJson(text);
  if (!parsed.ok) throw actionError(NAME, `${shown(path)} cannot be used as JSON: ${parsed.reason}.`);
  return { json: parsed.value, bytes: bytes.byteLength };
}
