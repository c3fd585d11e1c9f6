/**
 * An HTTP answer → the result of an action: status, headers and the body as text, JSON or a blob.
 *
 * Messages never hold more of a URL than its origin; the rest may be a secret.
 */
import { type JsonObject, type JsonValue, MIB, MoonpoolError } from '../core/index.ts';
import type { HttpAnswer } from '../connections/index.ts';
import type { ActionCall, BlobStore } from '../engine/index.ts';
import { actionError, readSize, shown } from './action-input.ts';
import { MAX_JSON_BYTES, parseBoundedJson } from '../work/index.ts';
import { decodeText } from '../core/index.ts';

const MAX_TEXT_BYTES = 4 * MIB;
const MAX_BLOB_BYTES = 50 * 1_000_000;

/** What reading a body needs to know. */
export interface AnswerContext {
  /** The name of the action, for messages. */
  readonly action: string;
  /** `text`, `json` or `blob`. */
  readonly as: string;
  readonly call: ActionCall;
  readonly blobs: BlobStore;
  readonly maxBytes: number;
}

/** The schema of what the HTTP actions give. */
export const ANSWER_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    status: { type: 'integer' },
    headers: { type: 'object', description: 'Names in lower case.' },
    body: { type: ['string', 'null'], description: 'Text of the body; null with as: json and as: blob.' },
    json: { description: 'The parsed body when it is JSON of at most 1 MiB, else null.' },
    blob: { type: ['object', 'null'], description: 'With as: blob, the handle of a 2xx body, else null.' },
    etag: { type: ['string', 'null'] },
    last_modified: { type: ['string', 'null'] },
    not_modified: { type: 'boolean', description: 'True for status 304.' },
  },
};

/** `max_bytes` for what the body becomes. @throws FLOW_ACTION when it is none or too large */
export function readMaxBytes(action: string, input: JsonObject, as: string): number {
  if (as === 'blob') {
    return readSize(action, input, 'max_bytes', { fallbackBytes: MAX_BLOB_BYTES, maxBytes: MAX_BLOB_BYTES });
  }
  const maxBytes = as === 'json' ? MAX_JSON_BYTES : MAX_TEXT_BYTES;
  return readSize(action, input, 'max_bytes', { fallbackBytes: MIB, maxBytes });
}

/** CONN_STATUS for an answer that the flow does not want as a result. */
export function statusError(url: string, answer: HttpAnswer): MoonpoolError {
  const seconds = /^\d{1,6}$/.exec(answer.headers['retry-after'] ?? '')?.[0];
  const wait = seconds === undefined ? {} : { retry_after_ms: Number(seconds) * 1_000 };
  return new MoonpoolError('CONN_STATUS', `${new URL(url).origin} answered with status ${answer.status}.`, {
    details: { status: answer.status, ...wait },
  });
}

/** The result for `answer`, whose body is read here. @throws FLOW_ACTION when a 2xx body is not the JSON asked for */
export async function toResult(answer: HttpAnswer, context: AnswerContext): Promise<JsonObject> {
  return {
    status: answer.status,
    headers: answer.headers,
    etag: answer.headers['etag'] ?? null,
    last_modified: answer.headers['last-modified'] ?? null,
    not_modified: answer.status === 304,
    ...(await readBody(answer, context)),
  };
}

async function readBody(answer: HttpAnswer, context: AnswerContext): Promise<JsonObject> {
  const { as, maxBytes, call, blobs } = context;
  const type = answer.headers['content-type'] ?? '';
  const isSuccess = answer.status >= 200 && answer.status < 300;
  if (as === 'blob') {
    // Only what was asked for is worth a place on the disk; an error page is not.
    if (!isSuccess) return { blob: null, body: null, json: null };
    const kept = await blobs.put(call.runId, answer.body, { type: type.slice(0, 200), maxBytes });
    return { blob: { blob: kept.blob, bytes: kept.bytes, type: kept.type }, body: null, json: null };
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  const text = decodeText(Buffer.concat(chunks), type);
  if (as === 'text') return { blob: null, body: text, json: isJsonType(type) ? jsonOrNull(text) : null };
  const parsed = parseBoundedJson(text);
  if (parsed.ok) return { blob: null, body: null, json: parsed.value };
  if (!isSuccess || answer.status === 204) return { blob: null, body: null, json: null };
  throw actionError(
    context.action,
    `the answer cannot be used as JSON: ${parsed.reason} (content type ${shown(type)}).`,
  );
}

function isJsonType(type: string): boolean {
  return /^[a-z0-9.+-]+\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(type);
}

function jsonOrNull(text: string): JsonValue {
  const parsed = parseBoundedJson(text);
  return parsed.ok ? parsed.value : null;
}
