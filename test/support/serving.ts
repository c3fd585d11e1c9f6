/**
 * The real server over a fake runner and a fake clock, on a port of the system's choice, and
 * a client that sends what `fetch` refuses to send.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import {
  createHealth,
  ERROR_FACTS,
  type ErrorCode,
  type Health,
  type JsonValue,
  resolveOptions,
  silentLog,
  silentMetrics,
} from '../../src/core/index.ts';
import { createServer, SERVER_OPTIONS, type Server, type ServerParts } from '../../src/server/index.ts';
import type { Flow } from '../../src/flow/index.ts';
import { createMemoryRunStore } from '../../src/store/index.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeRunner } from './fake-runner.ts';
import { anEndpointFlow } from './flows.ts';

/** What a client got. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  /** The body when its type is JSON, else an empty object. */
  readonly json: Readonly<Record<string, JsonValue>>;
}

/** What a browser says it takes. */
export const BROWSER = { accept: 'text/html,*/*' };

/** `GET /` (a page), `GET /api/whats-next?limit=`, `POST /api/skip/{id}`, `GET /locked` with a token. */
const FLOWS: readonly Flow[] = [
  anEndpointFlow('page', '/', { responseType: 'text/html; charset=utf-8' }),
  anEndpointFlow('api', '/api/whats-next', {
    queryParams: [{ name: 'limit', type: 'integer', required: false, default: 3, min: 1, max: 10, mapTo: 'limit' }],
  }),
  anEndpointFlow('skip', '/api/skip/{id}', { method: 'POST', maxBodyBytes: 100 }),
  anEndpointFlow('locked', '/locked', { auth: 'token' }),
];

/** One server per test, with everything around it. Its token is `right-token`. */
export class Serving {
  clock = new FakeClock();
  runner = new FakeRunner();
  health: Health = createHealth({ clock: this.clock });
  port = 0;
  directory = '';
  #server: Server | undefined;

  get server(): Server {
    assert.ok(this.#server, 'listen first');
    return this.#server;
  }

  /** A server that does not listen yet. */
  create(
    options: Readonly<Record<string, JsonValue>> = {},
    more: { readonly admission?: readonly [number, number]; readonly parts?: Partial<ServerParts> } = {},
  ): Promise<Server> {
    const [concurrentCount, queueCount] = more.admission ?? [64, 256];
    const { runner, health, clock } = this;
    return createServer(
      {
        runner,
        runs: createMemoryRunStore({ maxRuns: 10 }),
        flows: FLOWS,
        health,
        log: silentLog,
        metrics: silentMetrics,
        metricsText: async () => 'moonpool_up 1\n',
        clock,
        version: '1.2.3',
        lastGoodDirectory: this.directory,
        token: 'right-token',
        ...more.parts,
      },
      {
        server: resolveOptions('server', SERVER_OPTIONS, { port: 0, ...options }),
        admission: { concurrentCount, queueCount, queueWaitMs: 1000 },
      },
    );
  }

  /** Makes the test's server and listens. */
  async listen(...how: Parameters<Serving['create']>): Promise<void> {
    this.#server = await this.create(...how);
    ({ port: this.port } = await this.#server.listen());
  }

  /** Sends one request on a connection of its own. */
  ask(
    method: string,
    path: string,
    { headers = {}, body }: { readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const target = { port: this.port, host: '127.0.0.1', method, path, headers, agent: false };
      const request = httpRequest(target, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
          const json = (isJson ? JSON.parse(text) : {}) as Answer['json'];
          resolve({ status: response.statusCode ?? 0, headers: response.headers as Answer['headers'], text, json });
        });
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Sends `body` as JSON. */
  post(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('POST', path, { headers: { 'content-type': 'application/json', ...headers }, body });
  }

  /** Closes the server at once and removes its folder. */
  async end(): Promise<void> {
    await this.#server?.close(AbortSignal.abort());
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Gives every test of the current `describe` a fresh {@link Serving}, reached through the returned function. */
export function useServing(): () => Serving {
  let serving: Serving;
  beforeEach(async () => {
    serving = new Serving();
    serving.directory = await mkdtemp(join(tmpdir(), 'moonpool-'));
  });
  afterEach(() => serving.end());
  return () => serving;
}

/** A journal in memory, for tests of a folder that may not know the store. */
export const memoryRuns = createMemoryRunStore;

/** Asserts that an answer is the problem of `code`, complete, and tells nothing it should not. */
export function assertProblem(answer: Answer, code: ErrorCode): void {
  assert.equal(answer.json['code'], code, answer.text);
  assert.equal(answer.status, ERROR_FACTS[code].http);
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
  for (const key of ['type', 'title', 'status', 'code', 'detail']) assert.ok(key in answer.json, `${key} is missing`);
  assert.doesNotMatch(answer.text, /secret|\/path|at \w+ \(/);
}
