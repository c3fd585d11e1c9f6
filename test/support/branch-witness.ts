/**
 * A branch that bears witness: it looks for anything of another branch, marks every place it can
 * reach as its own, computes, and may fail on purpose in the middle. Used by tests only.
 */
import { type JsonObject, resolveOptions } from '../../src/core/index.ts';
import type { Flow } from '../../src/flow/index.ts';
import { createLuaHost, MACHINE_LIMITS, toUpdates } from '../../src/lua/machine/index.ts';
import { readWasmFile } from '../../src/lua/lanes/index.ts';
import { SALT } from './lanes.ts';
import { aFlow, aNode } from './segments.ts';

/** What becomes of a branch: nothing, or how its middle node fails. */
export type Fate = 'none' | 'error' | 'memory' | 'loop' | 'pattern';

/** Looks for a former tenant, then leaves a mark of its own everywhere. */
const ENTER = `
local strangers = {}
local function look(place, is_strange) if is_strange then strangers[#strangers + 1] = place end end
local names = {}
for name in next, _G do names[#names + 1] = tostring(name) end
table.sort(names)
look("global", rawget(_G, "owner") ~= nil or rawget(_G, "count_up") ~= nil or rawget(_G, "kept") ~= nil)
look("function", tostring(7) ~= "7" or string.upper("a") ~= "A" or math.floor(1.5) ~= 1)
look("upvalue", _ENV ~= _G or marked_env ~= nil)
look("metatable", getmetatable(_G) ~= nil or getmetatable(array{}) ~= nil)
look("text metatable", ("x").owner ~= nil or getmetatable("") ~= false)
look("numbers of tables", tostring({}) ~= "table: 1")
local drawn = math.random(1, 1 << 50)

owner = state.id
string.owner = state.id
local calls = 0
function count_up() calls = calls + 1 return state.id .. "/" .. calls end
count_up()
local plain = tostring
tostring = function(value) return state.id .. plain(value) end
string.upper = function() return state.id end
math.floor = function() return -1 end
setmetatable(_G, { __index = { marked_env = true } })
math.randomseed(#state.id)
kept = coroutine.wrap(function() while true do coroutine.yield(state.id) end end)
kept()
return { strangers = array{ table.unpack(strangers) }, globals = table.concat(names, " "), drawn = drawn }
`;

/** Is still on its own machine, computes, and fails when that is its fate; one that never returns may begin here. */
const WORK = `
local fate = state.fate
if fate == "loop" then while true do end end
if fate == "pattern" then (("a"):rep(30000)):find((".-"):rep(20) .. "b") end
assert(owner == state.id and ("x").owner == state.id and kept() == state.id, "the machine of another")
if fate == "error" then error("the fate of " .. state.id .. " was a timeout") end
if fate == "memory" then local t = {} for i = 1, 1e9 do t[i] = state.id .. i end end
local sum = 0
for i = 1, state.count do sum = (sum * 31 + i * state.factor) % 1000003 end
return { sum = sum }
`;

/** Gives the machine back in the worst order it can. */
const LEAVE = `
local mine, calls, again = owner, count_up(), kept()
_ENV = { state = state }
return { owner = mine, calls = calls, again = again }
`;

const CODES = [ENTER, WORK, LEAVE];

/** A flow of which each branch begins at `n0` and joins at `join`. */
export function aWitnessFlow(): Flow {
  const nodes = CODES.map((code, chunk) =>
    aNode({
      name: `n${chunk}`,
      work: { kind: 'lua', code, line: 1, chunk },
      next: { kind: 'rules', rules: [{ to: chunk + 1 < CODES.length ? `n${chunk + 1}` : 'join' }] },
    }),
  );
  return aFlow({ name: 'witness', hash: 'witness', nodes: [...nodes, aNode({ name: 'join' })] });
}

/** What a branch is given. */
export interface BranchInput extends JsonObject {
  readonly id: string;
  readonly count: number;
  readonly factor: number;
  readonly fate: Fate;
}

const host = await createLuaHost(await readWasmFile());
const image = host.buildImage(
  CODES.map((code, index) => ({ name: `n${index}`, code, line: 1 })),
  { salt: SALT },
);

/**
 * The state of a branch that ran alone: in this thread, on an instance that nothing ran on before,
 * and with the sum made without Lua. Knows nothing of lanes. About 3 ms.
 */
export function stateAlone(input: BranchInput, seed: string): JsonObject {
  using machine = host.createMachine(resolveOptions('lua', MACHINE_LIMITS, {}));
  machine.load(image);
  machine.fresh({ seed });
  let state: JsonObject = input;
  for (const chunk of CODES.keys()) {
    state = { ...state, ...toUpdates(machine.call(chunk, { state, variables: {}, nowMs: 0 }).value) };
  }
  return { ...state, sum: sumOf(input) };
}

/** The sum that `WORK` makes, without Lua. */
function sumOf({ count, factor }: BranchInput): number {
  let sum = 0;
  for (let i = 1; i <= count; i += 1) sum = (sum * 31 + i * factor) % 1_000_003;
  return sum;
}
