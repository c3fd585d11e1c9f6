/**
 * The text form of one last-good file: checksum, head as JSON, body bytes.
 *
 * A reader takes nothing on trust: a file that was cut, changed or written for something else
 * is refused as a whole, with the reason.
 */
import { isJsonObject, sha256Hex } from '../core/index.ts';
import type { Reply } from './reply.ts';

/** One answer as it is kept. */
export interface StoredReply {
  readonly reply: Reply;
  /** When it was made, ms since 1970. */
  readonly atMs: number;
}

const FORMAT = 1;
const CHECKSUM_LENGTH = 64;
const LINE_FEED = 0x0a;

/** The file's bytes for an answer kept under `key`. */
export function encodeEntry(key: string, { reply, atMs }: StoredReply): Uint8Array {
  const head = { format: FORMAT, key: sha256Hex(key), at_ms: atMs, status: reply.status, headers: reply.headers };
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), reply.body]);
  return Buffer.concat([Buffer.from(`${sha256Hex(rest)}\n`), rest]);
}

/** The answer in a file, or in words why it cannot be used. */
export function decodeEntry(key: string, file: Uint8Array): StoredReply | string {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length <= CHECKSUM_LENGTH || bytes[CHECKSUM_LENGTH] !== LINE_FEED) return 'it has no checksum';
  const rest = bytes.subarray(CHECKSUM_LENGTH + 1);
  if (sha256Hex(rest) !== bytes.toString('latin1', 0, CHECKSUM_LENGTH)) return 'its checksum does not fit';
  const headEnd = rest.indexOf(LINE_FEED);
  if (headEnd === -1) return 'it has no head';
  let head: unknown;
  try {
    head = JSON.parse(rest.toString('utf8', 0, headEnd));
  } catch {
    return 'its head is not JSON';
  }
  if (!isJsonObject(head) || head['format'] !== FORMAT) return 'it is of another format';
  if (head['key'] !== sha256Hex(key)) return 'it belongs to another endpoint';
  const { at_ms: atMs, status, headers } = head;
  if (typeof atMs !== 'number' || typeof status !== 'number' || !isTextMap(headers)) return 'its head is incomplete';
  return { reply: { status, headers, body: rest.subarray(headEnd + 1) }, atMs };
}

function isTextMap(value: unknown): value is { readonly [name: string]: string } {
  return isJsonObject(value) && Object.values(value).every((item) => typeof item === 'string');
}
