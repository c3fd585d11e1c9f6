/**
 * `http.get`: fetches a URL. Status codes are results, not failures, unless the flow asks otherwise.
 *
 * Messages never hold more of a URL than its origin; the rest may be a secret.
 */
import { getOwn, isJsonObject, type JsonObject, type JsonValue, MIB } from '../../core/index.ts';
import { MoonpoolError } from '../../core/index.ts';
import type { HttpAnswer, HttpClient } from '../../connections/index.ts';
import type { Action, ActionCall, BlobStore } from '../../engine/index.ts';
import { actionError, readDurationMs, readSize, readText, shown, toPlainText } from '../action-input.ts';
import { AS, objectSchema, sizeSchema } from '../action-schema.ts';
import { MAX_JSON_BYTES, parseBoundedJson } from '../bounded-json.ts';
import { decodeText } from '../text-decoding.ts';

const NAME = 'http.get';
const MAX_TEXT_BYTES = 4 * MIB;
const MAX_BLOB_BYTES = 50 * 1_000_000;

/** What `http.get` is built on. */
export interface HttpGetDeps {
  readonly http: HttpClient;
  readonly blobs: BlobStore;
}

const WITH_SCHEMA = objectSchema(
  {
    url: { type: 'string', minLength: 1, description: 'Absolute http or https URL.' },
    headers: {
      type: ['object', 'null'],
      additionalProperties: { type: ['string', 'number', 'null'] },
      description: 'Request headers; null leaves one out.',
    },
    query: {
      type: ['object', 'null'],
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
      description: 'Parameters added to the query of the URL; null leaves one out.',
    },
    timeout: {
      type: ['string', 'number', 'null'],
      description: 'Limit of the whole request, such as 10s; http.timeouts.total is the ceiling and the default.',
    },
    max_bytes: sizeSchema(
      'Largest decoded body: default 1MiB, at most 4MiB (json: 1MiB); with as: blob default and at most 50MB.',
    ),
    as: AS,
    if_none_match: {
      type: ['string', 'null'],
      description: 'ETag of what is there already; empty or null sends none.',
    },
    if_modified_since: { type: ['string', 'null'], description: 'Date as the host gave it; empty or null sends none.' },
    fail_on_status: {
      type: ['boolean', 'null'],
      description: 'Fail with CONN_STATUS on a status from 400 on, instead of giving it as a result. Default false.',
    },
  },
  ['url'],
);

const RESULT_SCHEMA: JsonObject = {
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

/** `http.get` over a pooled client. */
export function createHttpGetAction(deps: HttpGetDeps): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Fetches a URL over HTTP and gives status, headers and body as text, JSON or a blob.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const as = readText(input, 'as') ?? 'text';
      const timeoutMs = readDurationMs(NAME, input, 'timeout');
      const request = {
        url: toUrl(input),
        headers: toHeaders(input),
        maxBytes: readMaxBytes(input, as),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(call.deadlineTickMs === undefined ? {} : { deadlineTickMs: call.deadlineTickMs }),
        holder: `${call.flowName}/${call.node}`,
      };
      const value = await deps.http.use(request, call.signal, async (answer) => {
        if (getOwn(input, 'fail_on_status') === true && answer.status >= 400) throw statusError(request.url, answer);
        const body = await readBody(answer, as, { call, blobs: deps.blobs, maxBytes: request.maxBytes });
        return { ...toResult(answer), ...body };
      });
      return { value };
    },
  };
}

function readMaxBytes(input: JsonObject, as: string): number {
  if (as === 'blob')
    return readSize(NAME, input, 'max_bytes', { fallbackBytes: MAX_BLOB_BYTES, maxBytes: MAX_BLOB_BYTES });
  const maxBytes = as === 'json' ? MAX_JSON_BYTES : MAX_TEXT_BYTES;
  return readSize(NAME, input, 'max_bytes', { fallbackBytes: MIB, maxBytes });
}

function toUrl(input: JsonObject): string {
  const text = readText(input, 'url') ?? '';
  const query = getOwn(input, 'query');
  if (!isJsonObject(query) || !URL.canParse(text)) return text;
  const url = new URL(text);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null) url.searchParams.append(name, toPlainText(value));
  }
  return url.href;
}

function toHeaders(input: JsonObject): { readonly [name: string]: string } {
  const headers = new Map<string, string>();
  const given = getOwn(input, 'headers');
  for (const [name, value] of Object.entries(isJsonObject(given) ? given : {})) {
    if (value !== null) headers.set(name.toLowerCase(), toPlainText(value));
  }
  const tag = readText(input, 'if_none_match');
  const date = readText(input, 'if_modified_since');
  if (tag !== undefined) headers.set('if-none-match', tag);
  if (date !== undefined) headers.set('if-modified-since', date);
  return Object.fromEntries(headers);
}

function statusError(url: string, answer: HttpAnswer): MoonpoolError {
  const seconds = /^\d{1,6}$/.exec(answer.headers['retry-after'] ?? '')?.[0];
  const wait = seconds === undefined ? {} : { retry_after_ms: Number(seconds) * 1_000 };
  return new MoonpoolError('CONN_STATUS', `${new URL(url).origin} answered with status ${answer.status}.`, {
    details: { status: answer.status, ...wait },
  });
}

function toResult(answer: HttpAnswer): { readonly [key: string]: JsonValue } {
  return {
    status: answer.status,
    headers: answer.headers,
    etag: answer.headers['etag'] ?? null,
    last_modified: answer.headers['last-modified'] ?? null,
    not_modified: answer.status === 304,
  };
}

interface BodyContext {
  readonly call: ActionCall;
  readonly blobs: BlobStore;
  readonly maxBytes: number;
}

async function readBody(answer: HttpAnswer, as: string, context: BodyContext): Promise<JsonObject> {
  const type = answer.headers['content-type'] ?? '';
  const isSuccess = answer.status >= 200 && answer.status < 300;
  if (as === 'blob') {
    // Only what was asked for is worth a place on the disk; an error page is not.
    if (!isSuccess) return { blob: null, body: null, json: null };
    const { maxBytes, call, blobs } = context;
    const {
      blob,
      bytes,
      type: kept,
    } = await blobs.put(call.runId, answer.body, { type: type.slice(0, 200), maxBytes });
    return { blob: { blob, bytes, type: kept }, body: null, json: null };
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  const text = decodeText(Buffer.concat(chunks), type);
  if (as === 'text') return { body: text, json: isJsonType(type) ? jsonOrNull(text) : null };
  const parsed = parseBoundedJson(text);
  if (parsed.ok) return { body: null, json: parsed.value };
  if (!isSuccess) return { body: null, json: null };
  throw actionError(NAME, `the answer cannot be used as JSON: ${parsed.reason} (content type ${shown(type)}).`);
}

function isJsonType(type: string): boolean {
  return /^[a-z0-9.+-]+\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(type);
}

function jsonOrNull(text: string): JsonValue {
  const parsed = parseBoundedJson(text);
  return parsed.ok ? parsed.value : null;
}
