/**
 * The last rung: constant answers that were encoded when the program started.
 *
 * Needs no file, network, clock or configuration, and makes nothing but one small object.
 * Invariant: it cannot fail and nothing can switch it off.
 */
import { ERROR_FACTS } from '../core/index.ts';
import type { Reply, Taste } from './reply.ts';

const RETRY_AFTER_SECONDS = 10;
const code = 'HTTP_UNAVAILABLE';
const facts = ERROR_FACTS[code];

const json = `${JSON.stringify({
  type: `urn:moonpool:error:${code}`,
  title: facts.about,
  status: facts.http,
  code,
  detail: `Ask again in ${RETRY_AFTER_SECONDS} seconds; the server's health page says what is wrong.`,
})}\n`;

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${RETRY_AFTER_SECONDS}">
<title>One moment</title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-content: center; text-align: center;
  font: 1.5rem/1.5 system-ui, sans-serif; background: #10151c; color: #e8edf2; }
</style>
</head>
<body>
<main>
<h1>One moment</h1>
<p>This page cannot be made right now, and there is no earlier one to show.</p>
<p>It tries again by itself every ${RETRY_AFTER_SECONDS} seconds.</p>
</main>
</body>
</html>
`;

function constant(text: string, type: string): Reply {
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'retry-after': String(RETRY_AFTER_SECONDS),
    'x-moonpool-path': 'emergency',
  };
  return Object.freeze({ status: facts.http, headers: Object.freeze(headers), body: new TextEncoder().encode(text) });
}

const answers: Readonly<Record<Taste, Reply>> = Object.freeze({
  html: constant(html, 'text/html; charset=utf-8'),
  json: constant(json, 'application/problem+json; charset=utf-8'),
});

/** The answer when nothing else is left: status 503, at most 64 KB, the same object every time. Never throws. */
export function emergencyReply(taste: Taste): Reply {
  return answers[taste];
}
