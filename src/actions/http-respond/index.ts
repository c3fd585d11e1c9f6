/**
 * `http.respond`: says what the endpoint that runs the flow answers. Elsewhere it changes nothing.
 */
import { formatSize, getOwn, isJsonObject, type JsonObject, type JsonValue, MIB } from '../../core/index.ts';
import type { Action, BlobStore, FlowResponse } from '../../engine/index.ts';
import { actionError, readText, shown, toPlainText } from '../action-input.ts';
import { objectSchema, textOrHandle } from '../action-schema.ts';
import { type BlobReference, readBlob, toBlobReference } from '../text-source.ts';

const NAME = 'http.respond';
const MAX_BODY_BYTES = 4 * MIB;
/** Most that is read of a blob, which is held in memory while it is sent. */
const MAX_BLOB_BYTES = 16 * MIB;
const MAX_HEADER_COUNT = 50;
const MAX_HEADER_LENGTH = 8_192;
const KINDS = ['html', 'text', 'json', 'body'] as const;

/** Belong to the connection or to the framing, which are the server's. */
const REFUSED_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const WITH_SCHEMA = objectSchema({
  status: { type: ['integer', 'null'], minimum: 200, maximum: 599, description: 'Status code. Default 200.' },
  headers: {
    type: ['object', 'null'],
    additionalProperties: { type: ['string', 'number', 'null'] },
    description: 'Headers beside those of the server; null leaves one out.',
  },
  json: { description: 'Answer any value as JSON.' },
  html: textOrHandle('Answer a page; make it with template.render, which escapes.'),
  text: textOrHandle('Answer plain text.'),
  body: { description: 'Answer text as text, a blob handle as what it is, and anything else as JSON.' },
  type: {
    type: ['string', 'null'],
    maxLength: 200,
    description: 'Content type, when it is not what the kind of body says.',
  },
});

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { status: { type: 'integer', description: 'The status that is answered.' } },
};

/** `http.respond`. */
export function createHttpRespondAction(deps: { readonly blobs: BlobStore }): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Sets the HTTP answer of the endpoint that runs the flow.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const response = toResponse(input);
      // A handle that leads nowhere, or to too much, fails here and not when the run has ended.
      if (response.blob !== undefined) {
        await readBlob(NAME, { blob: response.blob, type: '' }, { call, blobs: deps.blobs, maxBytes: MAX_BLOB_BYTES });
      }
      return { value: { status: response.status }, response };
    },
  };
}

function toResponse(input: JsonObject): FlowResponse {
  const status = readStatus(input);
  const { type, body, blob } = toBody(input);
  const hasNoBody = status === 204 || status === 304;
  if (hasNoBody && type !== undefined) {
    throw actionError(NAME, `an answer with status ${status} has no body; leave out html, text, json and body.`);
  }
  const headers = toHeaders(input);
  const wanted = readText(input, 'type') ?? headers['content-type'] ?? type;
  if (wanted !== undefined) headers['content-type'] = checkHeaderValue('content-type', wanted);
  return { status, headers, body, ...(blob === undefined ? {} : { blob }) };
}

function readStatus(input: JsonObject): number {
  const status = getOwn(input, 'status') ?? 200;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw actionError(NAME, `status must be a whole number from 200 to 599, got ${shown(status)}.`);
}

interface Body {
  /** Undefined: there is no body. */
  readonly type: string | undefined;
  readonly body: JsonValue;
  readonly blob?: string;
}

function toBody(input: JsonObject): Body {
  const given = KINDS.filter((kind) => {
    const value = getOwn(input, kind);
    // A null page is a page that is missing, but null is a JSON value.
    return kind === 'json' ? value !== undefined : value !== undefined && value !== null;
  });
  if (given.length > 1) throw actionError(NAME, `takes one of html, text, json and body, got ${given.join(' and ')}.`);
  const [kind] = given;
  const value = kind === undefined ? null : (getOwn(input, kind) ?? null);
  if (kind === undefined) return { type: undefined, body: '' };
  const handle = kind === 'json' ? undefined : toBlobReference(value);
  if (handle !== undefined) return fromBlob(kind, handle);
  if (kind === 'json' || (kind === 'body' && typeof value !== 'string')) {
    // As text, so that a JSON text keeps its quotes.
    return { type: 'application/json; charset=utf-8', body: checkSize(JSON.stringify(value)) };
  }
  if (typeof value !== 'string') throw actionError(NAME, `${kind} must be text, got ${shown(value)}.`);
  return { type: `text/${kind === 'html' ? 'html' : 'plain'}; charset=utf-8`, body: checkSize(value) };
}

/** The bytes are read when the run has ended; until then its answer is their hash. */
function fromBlob(kind: string, { blob, type }: BlobReference): Body {
  const own = type === '' ? 'application/octet-stream' : type;
  return { type: kind === 'body' ? own : `text/${kind === 'html' ? 'html' : 'plain'}; charset=utf-8`, body: '', blob };
}

function checkSize(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_BODY_BYTES) return text;
  throw actionError(NAME, `the body has ${bytes} bytes; at most ${formatSize(MAX_BODY_BYTES)} are answered.`);
}

function toHeaders(input: JsonObject): { [name: string]: string } {
  const given = getOwn(input, 'headers');
  const entries = Object.entries(isJsonObject(given) ? given : {}).filter(([, value]) => value !== null);
  if (entries.length > MAX_HEADER_COUNT)
    throw actionError(NAME, `has ${entries.length} headers; at most ${MAX_HEADER_COUNT} are sent.`);
  const headers: { [name: string]: string } = {};
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(key) || key === '__proto__') {
      throw actionError(NAME, `${shown(name)} is no name of a header.`);
    }
    if (REFUSED_HEADERS.has(key)) throw actionError(NAME, `the header ${key} is set by the server; leave it out.`);
    headers[key] = checkHeaderValue(key, toPlainText(value));
  }
  return headers;
}

/** A line break would end the header and begin another one of the writer's choice. */
function checkHeaderValue(name: string, value: string): string {
  if (value.length <= MAX_HEADER_LENGTH && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw actionError(
    NAME,
    `the value of the header ${name} is longer than ${MAX_HEADER_LENGTH} characters or has some that HTTP does not allow.`,
  );
}
