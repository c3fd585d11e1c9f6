/**
 * Says the age of a last-good answer where a reader sees it: on the page, in the JSON, in the headers.
 *
 * Works on bytes of any origin: what is not a page with a `<body>` or a JSON object goes out
 * unchanged but for its headers. Invariant: the cost is linear in the size of the answer.
 */
import {
  escapeHtml,
  HOUR_MS,
  isJsonObject,
  isZone,
  type JsonObject,
  type JsonValue,
  MINUTE_MS,
  SECOND_MS,
  zonedParts,
} from '../core/index.ts';
import type { Reply } from './reply.ts';

/** How old an answer is, and in which zone a reader's clock runs. */
export interface Staleness {
  /** When the answer was made, ms since 1970. */
  readonly atMs: number;
  readonly nowMs: number;
  readonly zone: string;
}

/** The answer with its age in headers and, for pages and JSON objects, in the body. */
export function markStale(reply: Reply, staleness: Staleness): Reply {
  const ageSeconds = Math.max(0, Math.floor((staleness.nowMs - staleness.atMs) / SECOND_MS));
  const { etag: _etag, 'cache-control': _control, ...kept } = reply.headers;
  const headers = { ...kept, 'cache-control': 'no-cache', 'x-moonpool-path': 'last-good', age: String(ageSeconds) };
  const type = reply.headers['content-type'] ?? '';
  let body = reply.body;
  if (/^text\/html\b/i.test(type)) body = withBanner(reply.body, bannerText(staleness));
  else if (/^application\/([a-z0-9.-]+\+)?json\b/i.test(type)) body = withField(reply.body, ageSeconds);
  return { status: reply.status, headers, body };
}

function bannerText({ atMs, nowMs, zone: asked }: Staleness): string {
  // An unknown zone must not cost the reader the page.
  const zone = isZone(asked) ? asked : 'UTC';
  const { year, month, day, hour, minute } = zonedParts(atMs, zone);
  const two = (value: number): string => String(value).padStart(2, '0');
  const dayWord = nowMs - atMs < 12 * HOUR_MS ? '' : `${year}-${two(month)}-${two(day)} `;
  const zoneWord = zone === 'UTC' ? ' UTC' : '';
  return `Showing the last good page from ${dayWord}${two(hour)}:${two(minute)}${zoneWord}, ${ageWords(nowMs - atMs)}`;
}

function ageWords(ageMs: number): string {
  if (ageMs < MINUTE_MS) return 'less than 1 min ago';
  if (ageMs < 2 * HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)} min ago`;
  if (ageMs < 48 * HOUR_MS) return `${Math.floor(ageMs / HOUR_MS)} h ago`;
  return `${Math.floor(ageMs / (24 * HOUR_MS))} days ago`;
}

function withBanner(body: Uint8Array, text: string): Uint8Array {
  // Latin-1 keeps every byte in its place, so the page's own encoding does not matter.
  const page = Buffer.from(body).toString('latin1');
  const at = bodyStart(page);
  const banner = `<div role="status" style="all:initial;display:block;position:relative;z-index:2147483647;box-sizing:border-box;width:100%;padding:.5em 1em;font:bold 1rem/1.4 system-ui,sans-serif;text-align:center;background:#8a4b00;color:#fff">${escapeHtml(text)}</div>`;
  return Buffer.concat([
    Buffer.from(page.slice(0, at), 'latin1'),
    Buffer.from(banner),
    Buffer.from(page.slice(at), 'latin1'),
  ]);
}

/**
 * Where the page's body begins; the end of the page when it has no `<body>` tag.
 *
 * One pass, because a page may come from outside: comments and texts of the head are stepped
 * over, as they may hold the word.
 */
function bodyStart(page: string): number {
  const lower = page.toLowerCase();
  let at = lower.indexOf('<');
  while (at !== -1) {
    let resumeAt = at + 1;
    if (lower.startsWith('<!--', at)) {
      resumeAt = lower.indexOf('-->', at + 4);
    } else {
      const name = /^<(body|script|style|title)(?=[\s/>])/.exec(lower.slice(at, at + 10))?.[1];
      if (name === 'body') return tagEnd(page, at);
      if (name !== undefined) resumeAt = lower.indexOf(`</${name}`, at);
    }
    if (resumeAt === -1) break;
    at = lower.indexOf('<', resumeAt);
  }
  return page.length;
}

/** The position after the `>` that ends the tag at `from`; quoted attribute values may hold others. */
function tagEnd(page: string, from: number): number {
  let quote = '';
  for (let at = from; at < page.length; at += 1) {
    const character = page.charAt(at);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at + 1;
  }
  return page.length;
}

function withField(body: Uint8Array, ageSeconds: number): Uint8Array {
  const text = Buffer.from(body).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return body;
  }
  if (!isJsonObject(parsed)) return body;
  const mark: JsonObject = { path: 'last-good', stale: true, age_seconds: ageSeconds };
  return Buffer.from(replaceField(text, parsed as { readonly [key: string]: JsonValue }, mark));
}

/** Puts the mark in front of the text's own fields, so that numbers keep every digit they had. */
function replaceField(text: string, parsed: JsonObject, mark: JsonObject): string {
  const field = `"moonpool":${JSON.stringify(mark)}`;
  if (Object.hasOwn(parsed, 'moonpool')) {
    const { moonpool: _own, ...rest } = parsed;
    return JSON.stringify({ moonpool: mark, ...rest });
  }
  const start = text.indexOf('{') + 1;
  const separator = Object.keys(parsed).length === 0 ? '' : ',';
  return `${text.slice(0, start)}${field}${separator}${text.slice(start)}`;
}
