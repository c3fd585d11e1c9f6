/**
 * The servers that `idle` and `start` compare: each answers one small JSON document.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contestant } from './server-process.ts';

const root = new URL('..', import.meta.url).pathname;
const here = new URL('.', import.meta.url).pathname;
const command = join(root, 'bin/moonpool.js');

function isHello(body: unknown): boolean {
  return typeof body === 'object' && body !== null && (body as { hello?: unknown }).hello === 'world';
}

function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'moonpool-bench-'));
}

/** One Lua endpoint on the built program. */
export function moonpoolHello(profile: string): Contestant {
  return {
    name: `moonpool ${profile}`,
    args: (port) => [
      ...[command, 'serve', join(here, 'flows/hello.yaml'), '--profile', profile],
      ...['--port', String(port), '--data', freshFolder()],
    ],
    path: '/hello',
    isRight: isHello,
  };
}

/** The shipped example; `env` sets how soon unused threads stop. */
export function moonpoolWhatsNext(name: string, profile: string, env: Readonly<Record<string, string>>): Contestant {
  return {
    name,
    args: (port) => [
      ...[command, 'serve', join(root, 'examples/whats-next'), '--profile', profile],
      ...['--port', String(port), '--data', freshFolder()],
    ],
    env,
    path: '/api/whats-next',
    isRight: (body) => Array.isArray((body as { next?: unknown }).next),
  };
}

/** Fastify with one route and nothing else. */
export const bareFastify: Contestant = {
  name: 'bare fastify',
  args: (port) => [join(here, 'peers/fastify.mjs'), String(port)],
  path: '/hello',
  isRight: isHello,
};

/** Node-RED as installed: editor on, one `http in` → `function` → `http response` flow. */
export const nodeRed: Contestant = {
  name: 'node-red',
  args: (port) => [
    join(here, 'node_modules/node-red/red.js'),
    ...['--port', String(port), '--userDir', freshFolder(), join(here, 'peers/node-red-flow.json')],
  ],
  path: '/hello',
  isRight: isHello,
};
