/**
 * `lua-compute`: how fast is Lua code itself?
 *
 * Four programs, each returning a number that is checked: recursive calls, a loop, a table
 * sorted, a pattern matched. Ours is a node on a machine as flows get it; "armed" has the count
 * hook on, which only flows that were ended once have. Bare is the same WASM called by hand,
 * native is Debian's lua5.4 in a process of its own (skipped where absent). Five rounds, order
 * reversed each round, the first not counted; fengari, some hundred times slower, runs once.
 */
import { spawnSync } from 'node:child_process';
import { atMost, type Group, medianOf, type Row, toRow, turnsOf } from './group.ts';
import { aMachine, BareLua, mustBe, valueOf } from './lua-parts.ts';

const ROUNDS = 5;

interface Program {
  readonly name: string;
  readonly code: string;
  readonly answer: number;
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'fib',
    code: 'local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(25)',
    answer: 75_025,
  },
  {
    name: 'loop',
    code: 'local s = 0 for i = 1, 3000000 do s = s + i % 7 end return s',
    answer: 8_999_997,
  },
  {
    name: 'sort',
    code:
      'local t, x = {}, 42 for i = 1, 30000 do x = (x * 1103515245 + 12345) % 2147483648 t[i] = x end ' +
      'table.sort(t) local ok = 1 for i = 2, #t do if t[i - 1] > t[i] then ok = 0 end end return ok',
    answer: 1,
  },
  {
    name: 'match',
    code:
      'local text, n = ("key = value; other=12 "):rep(20000), 0 ' +
      'for key, value in text:gmatch("(%w+)%s*=%s*(%w+)") do n = n + #key + #value end return n',
    answer: 300_000,
  },
];

interface Contestant {
  readonly name: string;
  /** Runs the program and gives its answer. */
  run(program: Program): number;
}

function ours(name: string, limits: { readonly instructions?: number }): Contestant {
  const { machine } = aMachine(PROGRAMS.map(({ code }) => code));
  return {
    name,
    run(program) {
      machine.fresh({ seed: 'bench', limits });
      return (valueOf(machine, PROGRAMS.indexOf(program)) as number | undefined) ?? Number.NaN;
    },
  };
}

function bare(): Contestant {
  const states = new Map<Program, BareLua>();
  for (const program of PROGRAMS) {
    const state = new BareLua();
    state.open();
    state.load(program.code);
    states.set(program, state);
  }
  return { name: 'bare WASM', run: (program) => states.get(program)?.call() ?? Number.NaN };
}

async function fengariMs(program: Program): Promise<number> {
  const { default: fengari } = await import('fengari');
  const { lua, lauxlib, lualib } = fengari;
  const state = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(state);
  const startedMs = performance.now();
  lauxlib.luaL_dostring(state, fengari.to_luastring(program.code));
  const tookMs = performance.now() - startedMs;
  mustBe(`fengari ${program.name}`, lua.lua_tonumber(state, -1), program.answer);
  return tookMs;
}

/** Milliseconds of each round, timed inside; undefined where there is no native Lua. */
function nativeMs(program: Program): number[] | undefined {
  const script =
    `local run = load([==[${program.code}]==]) for _ = 1, ${ROUNDS} do local t = os.clock() ` +
    `if run() ~= ${program.answer} then os.exit(1) end print((os.clock() - t) * 1000) end`;
  const run = spawnSync('lua5.4', ['-e', script], { encoding: 'utf8' });
  if (run.error !== undefined) return undefined;
  if (run.status !== 0) throw new Error(`lua5.4 ${program.name} ended with ${run.status}: ${run.stderr}`);
  return run.stdout.trim().split('\n').map(Number);
}

function millisecondsOf(contestant: Contestant, program: Program): number {
  const startedMs = performance.now();
  const answer = contestant.run(program);
  const tookMs = performance.now() - startedMs;
  mustBe(`${contestant.name} ${program.name}`, answer, program.answer);
  return tookMs;
}

export const luaCompute: Group = {
  name: 'lua-compute',
  question: 'How fast is Lua code itself?',
  async run(talk) {
    const contestants = [ours('moonpool', {}), ours('moonpool, armed', { instructions: 1e12 }), bare()];
    const rows: Row[] = [];
    for (const program of PROGRAMS) {
      const samples = new Map(contestants.map(({ name }) => [name, [] as number[]]));
      for (const [round, contestant] of turnsOf(contestants, ROUNDS + 1)) {
        const tookMs = millisecondsOf(contestant, program);
        if (round > 0) samples.get(contestant.name)?.push(tookMs);
      }
      for (const [name, values] of samples) rows.push(toRow(name, program.name, 'ms', values));
      const native = nativeMs(program);
      if (native === undefined) talk('lua-compute: native lua5.4 skipped, it is not installed');
      else rows.push(toRow('native lua5.4', program.name, 'ms', native));
      rows.push(toRow('fengari', program.name, 'ms', [await fengariMs(program)]));
      talk(`lua-compute: ${program.name}`);
    }
    const bars = PROGRAMS.map(({ name }) =>
      atMost(
        `lua-compute-${name}`,
        `${name} ≤ 1.2 × bare WASM`,
        medianOf(rows, 'moonpool', name) / medianOf(rows, 'bare WASM', name),
        1.2,
      ),
    );
    return { rows, bars };
  },
};
