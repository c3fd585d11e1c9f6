/**
 * `lua-fresh`: what does a fresh isolated Lua machine cost?
 *
 * Contestants make a state in which the standard libraries are there and nothing of before is;
 * ours also holds the compiled chunks of its flow. Two images: one node, and 500. Nine rounds in
 * one process, order reversed each round, the first not counted; lupa (Debian's python3-lupa)
 * times itself in a process of its own. The percentile is over 20,000 single machines, each
 * after a tenant that ran.
 */
import { spawnSync } from 'node:child_process';
import { atMost, type Group, medianOf, type Row, toRow, turnsOf } from './group.ts';
import { aMachine, BareLua, microsecondsEach, mustBe, percentile, valueOf } from './lua-parts.ts';

const ROUNDS = 9;
const KIB = 1024;
const CODE = 'return { x = (state.x or 0) + 1 }';
const LUPA = `
import time, sys
try:
    import lupa
except ImportError:
    sys.exit(3)
assert lupa.LuaRuntime().eval('6*7') == 42
for _ in range(${ROUNDS}):
    t = time.perf_counter()
    for _ in range(200): lupa.LuaRuntime()
    print((time.perf_counter() - t) / 200 * 1e6)
`;

interface Contestant {
  readonly name: string;
  /** µs per machine. */
  sample(): Promise<number>;
}

function ours(name: string, codes: readonly string[]): Contestant & { readonly imageBytes: number } {
  const { machine, imageBytes } = aMachine(codes);
  mustBe(name, (valueOf(machine, 0, { x: 1 }) as { x: number }).x, 2);
  return {
    name,
    imageBytes,
    sample: () => Promise.resolve(microsecondsEach(20_000, () => machine.fresh({ seed: 'bench' }))),
  };
}

function oursWithCall(): Contestant {
  const { machine } = aMachine([CODE]);
  const turn = (): void => {
    machine.fresh({ seed: 'bench' });
    valueOf(machine, 0, { x: 1 });
  };
  return { name: 'moonpool, with a call', sample: () => Promise.resolve(microsecondsEach(20_000, turn)) };
}

function newState(): Contestant {
  const bare = new BareLua();
  bare.open();
  bare.load('return 6 * 7');
  mustBe('luaL_newstate', bare.call(), 42);
  return { name: 'luaL_newstate in WASM', sample: () => Promise.resolve(microsecondsEach(300, () => bare.open())) };
}

async function wasmoon(): Promise<Contestant> {
  const { LuaFactory } = await import('wasmoon');
  const factory = new LuaFactory();
  const first = await factory.createEngine();
  mustBe('wasmoon', await first.doString('return 6 * 7'), 42);
  first.global.close();
  return {
    name: 'wasmoon',
    async sample() {
      const count = 30;
      const startedMs = performance.now();
      for (let turn = 0; turn < count; turn += 1) (await factory.createEngine()).global.close();
      return ((performance.now() - startedMs) * 1000) / count;
    },
  };
}

async function fengariState(): Promise<Contestant> {
  const { default: fengari } = await import('fengari');
  const { lua, lauxlib, lualib } = fengari;
  const open = (): object => {
    const state = lauxlib.luaL_newstate();
    lualib.luaL_openlibs(state);
    return state;
  };
  const state = open();
  lauxlib.luaL_dostring(state, fengari.to_luastring('return 6 * 7'));
  mustBe('fengari', lua.lua_tonumber(state, -1), 42);
  return { name: 'fengari', sample: () => Promise.resolve(microsecondsEach(20, open)) };
}

function lupaRows(talk: (line: string) => void): Row[] {
  const run = spawnSync('/usr/bin/python3', ['-c', LUPA], { encoding: 'utf8' });
  if (run.status !== 0) {
    talk('lua-fresh: lupa skipped, python3-lupa is not installed');
    return [];
  }
  return [toRow('lupa', 'fresh', 'µs', run.stdout.trim().split('\n').map(Number))];
}

/** The 99th percentile of single machines, in µs. */
function slowest(): number {
  const { machine } = aMachine([CODE]);
  const samples: number[] = [];
  for (let turn = 0; turn < 20_000; turn += 1) {
    valueOf(machine, 0, { x: 1 });
    samples.push(microsecondsEach(1, () => machine.fresh({ seed: 'bench' })));
    if (machine.state !== 'ready') throw new Error('A fresh machine is not ready.');
  }
  return percentile(samples.slice(2_000), 0.99);
}

export const luaFresh: Group = {
  name: 'lua-fresh',
  question: 'What does a fresh isolated Lua machine cost?',
  async run(talk) {
    const small = ours('moonpool', [CODE]);
    const large = ours(
      'moonpool, 500 nodes',
      Array.from({ length: 500 }, (_, index) => `${CODE} -- ${index}`),
    );
    const contestants = [small, large, oursWithCall(), newState(), await wasmoon(), await fengariState()];
    const samples = new Map(contestants.map(({ name }) => [name, [] as number[]]));
    for (const [round, contestant] of turnsOf(contestants, ROUNDS + 1)) {
      const sample = await contestant.sample();
      if (round > 0) samples.get(contestant.name)?.push(sample);
      if (contestant === small) talk(`lua-fresh: round ${round} of ${ROUNDS}`);
    }
    const rows = [...samples].map(([name, values]) => toRow(name, 'fresh', 'µs', values));
    rows.push(...lupaRows(talk), toRow('moonpool', 'fresh p99', 'µs', [slowest()]));
    for (const { name, imageBytes } of [small, large]) rows.push(toRow(name, 'image', 'KiB', [imageBytes / KIB]));
    const median = medianOf(rows, small.name, 'fresh');
    const moreKib = (large.imageBytes - small.imageBytes) / KIB;
    const perKib = ((medianOf(rows, large.name, 'fresh') - median) * 1000) / moreKib;
    const peers = rows.filter((row) => row.metric === 'fresh' && !row.contestant.startsWith('moonpool'));
    const next = Math.min(...peers.map((row) => row.median));
    return {
      rows,
      bars: [
        atMost('lua-fresh', 'fresh ≤ 3 µs, image up to 64 KiB', median, 3),
        atMost('lua-fresh-kib', '≤ 25 ns for each further KiB', perKib, 25),
        atMost('lua-fresh-p99', '≤ 20 µs p99', medianOf(rows, 'moonpool', 'fresh p99'), 20),
        atMost('lua-fresh-next', '≤ 1/15 of the next best', median / next, 1 / 15),
      ],
    };
  },
};
