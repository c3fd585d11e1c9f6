/**
 * The texts in which a secret value may come back: as it is, and as usual encodings write it.
 *
 * Base64 depends on what stands before the value, so the part of it that does not is looked for, once
 * for each of the three ways it can lie.
 */
import { escapeHtml } from '../core/index.ts';

/** Shortest value, in characters: what is shorter turns up by chance. */
export const MIN_SECRET_LENGTH = 6;
/** Longest value, in characters. */
export const MAX_SECRET_LENGTH = 16_384;

/** Lines of a longer value that are looked for by themselves are at least this long. */
const MIN_LINE_LENGTH = 16;

const encoder = new TextEncoder();

/** Every text that gives `value` away, each at least {@link MIN_SECRET_LENGTH} characters long. */
export function secretForms(value: string): readonly string[] {
  const lines = value.split(/\r?\n/).filter((line) => line.length >= MIN_LINE_LENGTH && !line.startsWith('-----'));
  const plain = [value, value.replace(/\r?\n/g, '\r\n'), value.replace(/\r\n/g, '\n'), ...lines];
  const forms = plain.flatMap((text) => [text, ...escapedForms(text), ...urlForms(text)]);
  const all = [...forms, ...numberForms(value), ...byteForms(value)];
  return [...new Set(all)].filter((form) => form.length >= MIN_SECRET_LENGTH);
}

function escapedForms(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const ascii = json.replace(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const html = escapeHtml(text);
  return [
    json,
    ascii,
    ascii.replaceAll('/', '\\/'),
    // A JSON text inside a JSON text.
    JSON.stringify(json).slice(1, -1),
    html,
    html.replaceAll('&#39;', '&#x27;'),
    html.replaceAll('&#39;', '&apos;'),
    html.replaceAll('&#39;', "'"),
    html.replaceAll('&#39;', "'").replaceAll('&quot;', '"'),
  ];
}

function urlForms(text: string): readonly string[] {
  const wellFormed = text.toWellFormed();
  const component = encodeURIComponent(wellFormed);
  const strict = component.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [
    component,
    strict,
    encodeURI(wellFormed),
    new URLSearchParams([['', wellFormed]]).toString().slice(1),
    strict.replaceAll('~', '%7E'),
    ...partsOfUrl(wellFormed),
  ];
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (sign) => sign.toLowerCase())]);
}

/** As the URL parser writes it into a path, a query, a fragment and user info. */
function partsOfUrl(text: string): readonly string[] {
  const url = new URL('http://host/');
  url.search = text;
  url.hash = text;
  url.username = text;
  url.pathname = text;
  return [url.search.slice(1), url.hash.slice(1), url.username, url.pathname.slice(1)];
}

/** A value of digits may come back as a number. */
function numberForms(value: string): readonly string[] {
  return /^-?\d+(\.\d+)?$/.test(value) ? [String(Number(value))] : [];
}

function byteForms(value: string): readonly string[] {
  const bytes = encoder.encode(value);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const base64 = [0, 1, 2].map((before) => stableBase64(bytes, before));
  return [hex, hex.toUpperCase(), ...base64, ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}

/** The characters of the Base64 of `bytes` behind `before` other bytes that depend on `bytes` alone. */
function stableBase64(bytes: Uint8Array, before: number): string {
  let binary = '\0'.repeat(before);
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor((binary.length * 8) / 6);
  return btoa(binary).slice(first, last);
}
