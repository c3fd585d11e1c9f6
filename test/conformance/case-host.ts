/**
 * The host that flows of cases call: it says what it was asked, and fails when asked to.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FakeHost, startFakeHost } from '../support/fake-host.ts';

/**
 * Starts the host. `/echo` gives the request as JSON, its idempotency key without the run's id;
 * `/status/N` answers with that status.
 */
export function startCaseHost(): Promise<FakeHost> {
  return startFakeHost((request, response) => {
    void answer(request, response);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) body += part as string;
  const { method, url = '', headers } = request;
  const status = Number(/^\/status\/(\d+)/.exec(url)?.[1] ?? 200);
  const key = headers['idempotency-key'];
  const told = {
    method,
    path: url,
    body,
    key: typeof key === 'string' ? key.slice(key.indexOf('/') + 1) : null,
    attempt: headers['moonpool-attempt'] ?? null,
    word: headers['x-word'] ?? null,
    word_length: headers['x-word']?.length ?? 0,
  };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(told));
}
