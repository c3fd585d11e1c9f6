/**
 * Images: the same bytes everywhere, damage found, syntax errors placed.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_LIMITS, host, wasmBytes } from '../../../test/support/lua-machines.ts';
import { createLuaHost, type LuaChunk } from './index.ts';

const chunks: readonly LuaChunk[] = [
  { name: 'one', code: 'local t = {} for k in pairs(state) do t[#t + 1] = k end return t', line: 3 },
  { name: 'two', code: 'return { x = 1 }', line: 9 },
];

describe('images', () => {
  it('are the same bytes on two hosts with the same salt', async () => {
    const other = await createLuaHost(wasmBytes);
    other.checkChunk('return 1');

    const [one, two] = [host.buildImage(chunks, { salt: 'a' }), other.buildImage(chunks, { salt: 'a' })];

    assert.equal(one.checksum, two.checksum);
    assert.deepEqual(one.layout, two.layout);
    assert.ok(Buffer.from(one.bytes).equals(Buffer.from(two.bytes)));
  });

  it('are the same bytes again after others were built', () => {
    const first = host.buildImage(chunks, { salt: 'a' });
    assert.throws(() => host.buildImage([{ name: 'bad', code: 'x = = 1', line: 1 }], { salt: 'a' }), {
      code: 'SPEC_LUA',
    });
    host.buildImage([{ name: 'long', code: `return "${'x'.repeat(100_000)}"`, line: 1 }], { salt: 'b' });

    assert.equal(host.buildImage(chunks, { salt: 'a' }).checksum, first.checksum);
  });

  it('differ with the salt, the code, the name and the line', () => {
    const base = host.buildImage([{ name: 'a', code: 'return 1', line: 1 }], { salt: 's' }).checksum;
    const others = [
      host.buildImage([{ name: 'a', code: 'return 1', line: 1 }], { salt: 't' }),
      host.buildImage([{ name: 'a', code: 'return 2', line: 1 }], { salt: 's' }),
      host.buildImage([{ name: 'b', code: 'return 1', line: 1 }], { salt: 's' }),
      host.buildImage([{ name: 'a', code: 'return 1', line: 2 }], { salt: 's' }),
    ];

    assert.equal(new Set([base, ...others.map(({ checksum }) => checksum)]).size, 5);
  });

  it('stay small: static data and less than 32 KiB of heap for a small flow', () => {
    const { bytes } = host.buildImage(chunks, { salt: 'a' });

    assert.ok(bytes.length < 68 * 1024, String(bytes.length));
  });

  it('can be empty', () => {
    const machine = host.createMachine(DEFAULT_LIMITS);
    machine.load(host.buildImage([], { salt: '' }));
    machine.fresh({ seed: '' });

    assert.equal(machine.state, 'ready');
  });

  it('work from a structured clone, and on a host of a posted module', async () => {
    const image = structuredClone(host.buildImage(chunks, { salt: 'a' }));
    const other = await createLuaHost(host.module);
    const machine = other.createMachine(DEFAULT_LIMITS);
    machine.load(image);
    machine.fresh({ seed: '' });

    assert.deepEqual(machine.call(1, { state: {}, variables: {}, nowMs: 0 }).value, { x: 1 });
  });

  it('work from shared memory', () => {
    const image = host.buildImage(chunks, { salt: 'a' });
    const bytes = new Uint8Array(new SharedArrayBuffer(image.bytes.length));
    bytes.set(image.bytes);
    const machine = host.createMachine(DEFAULT_LIMITS);
    machine.load({ ...image, bytes });
    machine.fresh({ seed: '' });

    assert.deepEqual(machine.call(1, { state: {}, variables: {}, nowMs: 0 }).value, { x: 1 });
  });

  it('are refused when a byte was changed', () => {
    const image = host.buildImage(chunks, { salt: 'a' });
    const bytes = image.bytes.slice();
    bytes[50_000] = (bytes[50_000] as number) ^ 1;
    const machine = host.createMachine(DEFAULT_LIMITS);

    assert.throws(() => machine.load({ ...image, bytes }), { code: 'BUG_INVARIANT' });
  });

  it('name the chunk that does not compile, with the line of the file', () => {
    const bad = { name: 'greet', code: 'local x = 1\nreturn x +', line: 12 };

    assert.throws(() => host.buildImage([bad], { salt: '' }), {
      code: 'SPEC_LUA',
      message: 'The Lua code of "greet" does not compile: greet:13: unexpected symbol near <eof>',
      details: { chunk: 'greet', line: 13, code_line: 2 },
    });
  });

  it('tell the line of a chunk whose name looks like one', () => {
    const name = `${'long '.repeat(20)}:7: `;

    assert.throws(() => host.buildImage([{ name, code: '\nx = = 1', line: 3 }], { salt: '' }), {
      details: { chunk: name, line: 4, code_line: 2 },
    });
  });

  it('take any name', () => {
    const names = ['', 'a\nb', 'x'.repeat(1000), 'é\0\ud800', '@file', '=', '?'];
    const image = host.buildImage(
      names.map((name) => ({ name, code: 'error("no")', line: 5 })),
      { salt: '' },
    );
    const machine = host.createMachine(DEFAULT_LIMITS);
    machine.load(image);
    for (const index of names.keys()) {
      machine.fresh({ seed: '' });
      assert.throws(() => machine.call(index, { state: {}, variables: {}, nowMs: 0 }), { code: 'LUA_RAISED' });
    }
  });

  it('are refused with LUA_MEMORY when they get too large', () => {
    const code = `return { ${'{ 1, 2, 3, "four" }, '.repeat(1_500_000)} }`;

    assert.throws(() => host.buildImage([{ name: 'huge', code, line: 1 }], { salt: '' }), { code: 'LUA_MEMORY' });
    host.buildImage(chunks, { salt: '' });
  });

  for (const line of [0, -1, 1.5, 1_000_001, Number.NaN]) {
    it(`refuse a chunk at line ${line}`, () => {
      assert.throws(() => host.buildImage([{ name: 'a', code: '', line }], { salt: '' }), { code: 'BUG_INVARIANT' });
    });
  }
});

describe('LuaHost.checkChunk', () => {
  it('finds nothing in code that compiles', () => {
    for (const code of ['', 'return 1', '-- lua\nreturn { x = 1 }', 'goto done ::done::']) {
      assert.equal(host.checkChunk(code), undefined, code);
    }
  });

  it('gives line and message', () => {
    assert.deepEqual(host.checkChunk('x = = 1'), { line: 1, message: "unexpected symbol near '='" });
    assert.deepEqual(host.checkChunk('local x\nif x then\n\n'), {
      line: 4,
      message: "'end' expected (to close 'if' at line 2) near <eof>",
    });
  });

  it('refuses bytecode and deep nesting as syntax', () => {
    assert.ok(host.checkChunk('\x1bLua'));
    assert.ok(host.checkChunk('('.repeat(100_000)));
  });

  it('compiles only: code does not run', () => {
    assert.equal(host.checkChunk('while true do end'), undefined);
  });
});

describe('createLuaHost', () => {
  it('refuses another file', async () => {
    const bytes = Uint8Array.from(wasmBytes);
    bytes[1000] = (bytes[1000] as number) ^ 1;

    await assert.rejects(createLuaHost(bytes), { code: 'BUG_INVARIANT' });
    await assert.rejects(createLuaHost(new Uint8Array(0)), { code: 'BUG_INVARIANT' });
  });
});
