/**
 * `file.write`: text, JSON or a blob into a file, whole or not at all.
 */
import { formatSize, getOwn, type JsonObject, MIB } from '../../core/index.ts';
import type { Action, ActionCall, BlobStore } from '../../engine/index.ts';
import { actionError, readText } from '../action-input.ts';
import { BLOB_HANDLE, objectSchema, textOrHandle } from '../action-schema.ts';
import type { FileRules } from '../allowed-files.ts';
import { writeAllowedFile } from '../file-writing.ts';
import { readBlob, readTextSource } from '../text-source.ts';

const NAME = 'file.write';
const MAX_TEXT_BYTES = 4 * MIB;
const MAX_BLOB_BYTES = 50 * 1_000_000;

/** What `file.write` is built on. */
export interface FileWriteDeps {
  readonly files: FileRules;
  readonly blobs: BlobStore;
}

const WITH_SCHEMA = objectSchema(
  {
    path: {
      type: 'string',
      minLength: 1,
      description: 'Path relative to the flow file, inside files.root, in a folder that exists.',
    },
    text: textOrHandle('The content, at most 4 MiB of text (UTF-8) or 50 MB of a blob.'),
    blob: BLOB_HANDLE,
    json: { description: 'A value that is written as JSON instead, on one line.' },
  },
  ['path'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { bytes: { type: 'integer', description: 'Size of the file.' } },
};

/** `file.write` inside the allowed folder. */
export function createFileWriteAction(deps: FileWriteDeps): Action {
  return {
    name: NAME,
    effect: 'idempotent',
    about: 'Writes a file inside the folder that flows may use, replacing the one before as a whole.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const { signal, flowDirectory } = call;
      signal.throwIfAborted();
      const bytes = await toBytes(input, call, deps.blobs);
      const path = readText(input, 'path') ?? '';
      await writeAllowedFile(NAME, path, bytes, { flowDirectory, rules: deps.files, signal });
      return { value: { bytes: bytes.byteLength } };
    },
  };
}

async function toBytes(input: JsonObject, call: ActionCall, blobs: BlobStore): Promise<Uint8Array> {
  const json = getOwn(input, 'json');
  const hasText = ['text', 'blob'].some((key) => (getOwn(input, key) ?? null) !== null);
  if ((json === undefined) === !hasText) throw actionError(NAME, 'takes one of text, blob and json.');
  if (json !== undefined) {
    const bytes = Buffer.from(`${JSON.stringify(json)}\n`);
    if (bytes.byteLength <= MAX_TEXT_BYTES) return bytes;
    throw actionError(NAME, `the JSON is longer than ${formatSize(MAX_TEXT_BYTES)}.`);
  }
  const source = readTextSource(NAME, input, { maxBytes: MAX_TEXT_BYTES });
  if (source.kind === 'text') return Buffer.from(source.text);
  return readBlob(NAME, source.handle, { call, blobs, maxBytes: MAX_BLOB_BYTES });
}
