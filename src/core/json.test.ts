import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  cloneJson,
  getOwn,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonTypeName,
  mergeShallow,
  setOwn,
} from './json.ts';

/** An object with a key that an assignment would lose, as JSON text from outside gives it. */
const hostile = (): JsonObject => JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as JsonObject;

describe('isJsonObject', () => {
  for (const [value, is] of [
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    ['x', false],
    [undefined, false],
  ] as const) {
    it(`is ${is} for ${JSON.stringify(value)}`, () => assert.equal(isJsonObject(value), is));
  }
});

describe('setOwn', () => {
  it('stores __proto__ as data', () => {
    const target: { [key: string]: JsonValue } = {};

    setOwn(target, '__proto__', { polluted: true });

    assert.equal(JSON.stringify(target), '{"__proto__":{"polluted":true}}');
    assert.equal(Object.getPrototypeOf(target), Object.prototype);
    assert.equal(target['polluted'], undefined);
  });

  it('can store __proto__ twice', () => {
    const target: { [key: string]: JsonValue } = {};
    setOwn(target, '__proto__', 1);

    setOwn(target, '__proto__', 2);

    assert.equal(getOwn(target, '__proto__'), 2);
  });
});

describe('getOwn', () => {
  for (const key of ['constructor', 'toString', '__proto__', 'absent']) {
    it(`finds no ${key} in an empty object`, () => assert.equal(getOwn({}, key), undefined));
  }

  it('finds __proto__ where it is data', () => {
    assert.deepEqual(getOwn(hostile(), '__proto__'), { polluted: true });
  });
});

describe('mergeShallow', () => {
  it('lets the second win and replaces nested objects', () => {
    assert.deepEqual(mergeShallow({ a: 1, b: { x: 1 } }, { b: { y: 2 }, c: null }), { a: 1, b: { y: 2 }, c: null });
  });

  it('keeps __proto__ as data and changes neither side', () => {
    const base = Object.freeze({ a: 1 });

    const merged = mergeShallow(base, hostile());

    assert.equal(Object.getPrototypeOf(merged), Object.prototype);
    assert.deepEqual(getOwn(merged, '__proto__'), { polluted: true });
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});

describe('cloneJson', () => {
  it('gives an equal value that shares nothing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const original = value as JsonValue;
        const before = JSON.stringify(original);

        const copy = cloneJson(original);

        assert.equal(JSON.stringify(copy), before);
        if (typeof original === 'object' && original !== null) assert.notEqual(copy, original);
      }),
    );
  });

  it('copies __proto__ as data at any depth', () => {
    const copy = cloneJson({ deep: [hostile()] });

    assert.equal(JSON.stringify(copy), '{"deep":[{"__proto__":{"polluted":true},"constructor":1}]}');
  });
});

describe('jsonTypeName', () => {
  for (const [value, name] of [
    [null, 'null'],
    [[], 'list'],
    [{}, 'object'],
    ['x', 'text'],
    [1, 'number'],
    [true, 'boolean'],
    [undefined, 'undefined'],
  ] as const) {
    it(`calls ${JSON.stringify(value)} ${name}`, () => assert.equal(jsonTypeName(value), name));
  }
});
