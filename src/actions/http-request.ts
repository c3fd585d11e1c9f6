/**
 * One HTTP action per method over one way to call: URL, headers, body, limits, answer.
 *
 * Status codes are results, not failures, unless the flow asks otherwise. What changes something
 * at the other end carries the key of its call, the same for every attempt.
 */
import { formatSize, getOwn, isJsonObject, type JsonObject, MIB, MoonpoolError, sha256Hex } from '../core/index.ts';
import type { HttpClient, HttpRequest } from '../connections/index.ts';
import type { Action, ActionCall, BlobStore } from '../engine/index.ts';
import { actionError, readDurationMs, readText, shown, toPlainText } from './action-input.ts';
import { AS, objectSchema, sizeSchema, textOrHandle } from './action-schema.ts';
import { ANSWER_SCHEMA, readMaxBytes, statusError, toResult } from './http-answer.ts';
import { readBlob, toBlobReference } from './text-source.ts';
import { matchesWildcard } from './wildcard.ts';

/** What the HTTP actions are built on. */
export interface HttpActionDeps {
  readonly http: HttpClient;
  readonly blobs: BlobStore;
}

/** What makes one HTTP action different from the others. */
export interface HttpActionFacts {
  readonly name: string;
  readonly about: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly effect: Action['effect'];
  /** It takes `body`, `json` or `form`. */
  readonly hasBody: boolean;
}

const MAX_BODY_BYTES = 4 * MIB;
const MAX_BLOB_BODY_BYTES = 16 * MIB;
/** Longest key that is sent as it is; servers commonly refuse more than 255 characters. */
const MAX_KEY_LENGTH = 200;
const BODY_KEYS = ['body', 'json', 'form'] as const;

const COMMON_PROPERTIES: JsonObject = {
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
  fail_on_status: {
    type: ['boolean', 'null'],
    description: 'Fail with CONN_STATUS on a status from 400 on, instead of giving it as a result. Default false.',
  },
};

const READ_PROPERTIES: JsonObject = {
  if_none_match: {
    type: ['string', 'null'],
    description: 'ETag of what is there already; empty or null sends none.',
  },
  if_modified_since: { type: ['string', 'null'], description: 'Date as the host gave it; empty or null sends none.' },
};

const BODY_PROPERTIES: JsonObject = {
  body: textOrHandle(
    'Text to send, of at most 4 MiB, as text/plain unless headers say otherwise; a blob has at most 16 MiB and is sent as what it is.',
  ),
  json: { description: 'Any value, sent as JSON.' },
  form: {
    type: ['object', 'null'],
    additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
    description: 'Fields, sent as an HTML form sends them; null leaves one out.',
  },
};

/** The action that sends requests of one method. */
export function createHttpAction(facts: HttpActionFacts, deps: HttpActionDeps): Action {
  const { name, method, effect, about, hasBody } = facts;
  const more = method === 'GET' ? READ_PROPERTIES : hasBody ? BODY_PROPERTIES : {};
  return {
    name,
    effect,
    about,
    takesSecrets: true,
    withSchema: objectSchema({ ...COMMON_PROPERTIES, ...more }, ['url']),
    resultSchema: ANSWER_SCHEMA,
    async run(input, call) {
      const as = readText(input, 'as') ?? 'text';
      const maxBytes = readMaxBytes(name, input, as);
      const request = await toRequest(facts, input, { call, maxBytes, blobs: deps.blobs });
      const value = await deps.http.use(request, call.signal, async (answer) => {
        if (getOwn(input, 'fail_on_status') === true && answer.status >= 400) throw statusError(request.url, answer);
        return toResult(answer, { action: name, as, call, blobs: deps.blobs, maxBytes });
      });
      return { value };
    },
  };
}

interface RequestContext {
  readonly call: ActionCall;
  readonly maxBytes: number;
  readonly blobs: BlobStore;
}

async function toRequest(facts: HttpActionFacts, input: JsonObject, context: RequestContext): Promise<HttpRequest> {
  const { call, maxBytes } = context;
  const url = toUrl(input);
  requireAllowedHost(url, call.hosts);
  const timeoutMs = readDurationMs(facts.name, input, 'timeout');
  const content = facts.hasBody ? await toContent(facts.name, input, context) : undefined;
  const headers = new Map<string, string>();
  if (content !== undefined && content.type !== '') headers.set('content-type', content.type);
  if (facts.effect !== 'safe') headers.set('idempotency-key', toHeaderKey(call.idempotencyKey));
  addOwnHeaders(headers, input);
  if (facts.effect !== 'safe') headers.set('moonpool-attempt', String(call.attempt));
  return {
    url,
    method: facts.method,
    headers: Object.fromEntries(headers),
    maxBytes,
    ...(content === undefined ? {} : { body: content.bytes }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(call.deadlineTickMs === undefined ? {} : { deadlineTickMs: call.deadlineTickMs }),
    holder: `${call.flowName}/${call.node}`,
  };
}

/** A secret goes to its own hosts only; what cannot be read as a URL is refused later. */
function requireAllowedHost(url: string, hosts: readonly string[] | undefined): void {
  if (hosts === undefined || !URL.canParse(url)) return;
  const host = new URL(url).hostname;
  if (hosts.some((pattern) => matchesWildcard(pattern, host))) return;
  const message = `A secret in this call may not be sent to ${shown(host)}. Its hosts are those under secrets.NAME.hosts in the configuration.`;
  throw new MoonpoolError('FLOW_SECRET', message, { details: { host } });
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

/** What the flow says goes before what is derived; null takes it away. */
function addOwnHeaders(headers: Map<string, string>, input: JsonObject): void {
  const given = getOwn(input, 'headers');
  for (const [name, value] of Object.entries(isJsonObject(given) ? given : {})) {
    if (value === null) headers.delete(name.toLowerCase());
    else headers.set(name.toLowerCase(), toPlainText(value));
  }
  const tag = readText(input, 'if_none_match');
  const date = readText(input, 'if_modified_since');
  if (tag !== undefined) headers.set('if-none-match', tag);
  if (date !== undefined) headers.set('if-modified-since', date);
}

/** Names of nodes may have any letters; what a header cannot hold is percent-encoded, what is too long is hashed. */
function toHeaderKey(key: string): string {
  const plain = key.replace(/[^\x21-\x7e]+/gu, (text) => encodeURIComponent(text.toWellFormed()));
  return plain.length <= MAX_KEY_LENGTH ? plain : sha256Hex(key);
}

interface Content {
  readonly bytes: Uint8Array;
  readonly type: string;
}

async function toContent(name: string, input: JsonObject, context: RequestContext): Promise<Content | undefined> {
  const given = BODY_KEYS.filter((key) => {
    const value = getOwn(input, key);
    // A null text is one that is missing, but null is a JSON value.
    return key === 'json' ? value !== undefined : value !== undefined && value !== null;
  });
  if (given.length > 1) throw actionError(name, `takes one of body, json and form, got ${given.join(' and ')}.`);
  const [key] = given;
  if (key === undefined) return undefined;
  const value = getOwn(input, key) ?? null;
  if (key === 'json') return toText(name, JSON.stringify(value), 'application/json');
  if (key === 'form') return toText(name, toForm(value as JsonObject), 'application/x-www-form-urlencoded');
  const handle = toBlobReference(value);
  if (handle === undefined) return toText(name, toPlainText(value), 'text/plain; charset=utf-8');
  const bytes = await readBlob(name, handle, { ...context, maxBytes: MAX_BLOB_BODY_BYTES });
  return { bytes, type: handle.type };
}

function toForm(fields: JsonObject): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== null) form.append(name, toPlainText(value));
  return form.toString();
}

function toText(name: string, text: string, type: string): Content {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= MAX_BODY_BYTES) return { bytes, type };
  throw actionError(
    name,
    `the body has ${bytes.byteLength} bytes; at most ${formatSize(MAX_BODY_BYTES)} are sent, or 16MiB of a blob.`,
  );
}
