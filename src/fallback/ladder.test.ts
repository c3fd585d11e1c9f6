import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MoonpoolError } from '../core/index.ts';
import { emergencyReply } from './emergency.ts';
import { serveWithFallback } from './ladder.ts';
import { type Reply, tasteOf } from './reply.ts';

const fresh: Reply = { status: 200, headers: {}, body: Buffer.from('fresh') };
const old: Reply = { status: 200, headers: {}, body: Buffer.from('old') };
const words: Reply = { status: 504, headers: {}, body: Buffer.from('words') };

const thrown: readonly (readonly [string, unknown])[] = [
  ['an Error', new Error('x')],
  ['a MoonpoolError', new MoonpoolError('LUA_TIMEOUT', 'x')],
  ['a RangeError', new RangeError('Maximum call stack size exceeded')],
  ['a TypeError', new TypeError('x')],
  ['an AbortError', new DOMException('x', 'AbortError')],
  ['a time-out', new DOMException('x', 'TimeoutError')],
  ['an AggregateError', new AggregateError([], 'x')],
  ['text', 'x'],
  ['a number', 0],
  ['null', null],
  ['undefined', undefined],
  ['a symbol', Symbol('x')],
  ['a function', () => {}],
  ['an object without prototype', Object.create(null)],
  ['an object whose code cannot be read', Object.defineProperty({}, 'code', { get: () => assert.fail() })],
];

describe('serveWithFallback', () => {
  it('gives the direct answer when there is one, and asks no other rung', async () => {
    const descent = await serveWithFallback(
      { direct: async () => fresh, lastGood: () => assert.fail(), explain: () => assert.fail() },
      'json',
    );

    assert.deepEqual(descent, { reply: fresh, path: 'direct', isDirect: true });
  });

  for (const [what, value] of thrown) {
    it(`goes on to last-good when direct rejects with ${what}`, async () => {
      const descent = await serveWithFallback(
        { direct: () => Promise.reject(value), lastGood: async () => old },
        'json',
      );

      assert.equal(descent.reply, old);
      assert.equal(descent.path, 'last-good');
      assert.equal(descent.failure, value);
    });

    it(`reaches the emergency answer when every rung throws ${what}`, async () => {
      const fail = (): never => {
        throw value;
      };

      const descent = await serveWithFallback({ direct: fail, lastGood: fail, explain: fail }, 'json');

      assert.equal(descent.reply, emergencyReply('json'));
      assert.equal(descent.path, 'emergency');
    });
  }

  it('puts the failure into words when there is no last good answer', async () => {
    const descent = await serveWithFallback(
      { direct: () => Promise.reject('x'), lastGood: async () => undefined, explain: () => words },
      'json',
    );

    assert.equal(descent.reply, words);
    assert.equal(descent.path, 'direct');
    assert.equal(descent.isDirect, false);
  });

  it('needs no rung but its own last one', async () => {
    const descent = await serveWithFallback({ direct: () => Promise.reject('x') }, 'html');

    assert.equal(descent.reply, emergencyReply('html'));
  });
});

describe('emergencyReply', () => {
  it('is a well-formed problem for programs', () => {
    const { status, headers, body } = emergencyReply('json');
    const problem = JSON.parse(Buffer.from(body).toString());

    assert.equal(status, 503);
    assert.equal(headers['content-type'], 'application/problem+json; charset=utf-8');
    assert.ok(Number(headers['retry-after']) > 0);
    assert.deepEqual(Object.keys(problem), ['type', 'title', 'status', 'code', 'detail']);
    assert.equal(problem.status, 503);
  });

  it('is a page that reloads itself for browsers', () => {
    const { status, body } = emergencyReply('html');
    const page = Buffer.from(body).toString();

    assert.equal(status, 503);
    assert.match(page, /^<!doctype html>[\s\S]*http-equiv="refresh"[\s\S]*<\/html>\n$/);
  });

  it('is far below 64 KB and the same object every time', () => {
    for (const taste of ['html', 'json'] as const) {
      assert.ok(emergencyReply(taste).body.byteLength < 4096);
      assert.equal(emergencyReply(taste), emergencyReply(taste));
    }
  });
});

describe('tasteOf', () => {
  for (const [accept, taste] of [
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'html'],
    ['application/json', 'json'],
    ['*/*', 'json'],
    [undefined, 'json'],
    ['x/text-html', 'json'],
  ] as const) {
    it(`gives ${taste} to ${accept}`, () => {
      assert.equal(tasteOf(accept), taste);
    });
  }
});
