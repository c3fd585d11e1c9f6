/**
 * A small WASM module of our own beside Lua's: what JS cannot do cheaply.
 *
 * Lua integers are 64 bits wide and would cross as BigInt, at several times the cost; the
 * bridge takes and gives them as doubles. It also clears the C stack, and makes table
 * functions of JS functions.
 */
import type { FunctionSlot, LuaApi, LuaThread } from './lua-api.ts';
import { MEMORY_FILL, OP, signedLeb, unsignedLeb, VECTOR_OP, writeModule } from './module-bytes.ts';
import { wasm } from './wasm-types.ts';

/** Exports of the bridge. */
export interface Bridge {
  /** Pushes an integer. `value` must be a whole number below 2^63. */
  push_integer(thread: LuaThread, value: number): void;
  /** The integer at `index`; beyond ±2^53 the nearest double, which is outside the safe range too. */
  to_integer(thread: LuaThread, index: number): number;
  /** `lua_rawgeti`. */
  raw_get_index(thread: LuaThread, index: number, key: number): number;
  /** `lua_rawseti`. */
  raw_set_index(thread: LuaThread, index: number, key: number): void;
  /**
   * Zeroes memory from `top` downwards in blocks of 4 KiB until 64 KiB in a row were zero
   * already, or `floor` is reached. `top − floor` must be a multiple of 4 KiB.
   */
  clear_down(top: number, floor: number): void;
}

const BLOCK_BYTES = 4096;
/**
 * Frames need not write what they reserve: 200 nested metamethods leave 22 KiB of zeros above what
 * the innermost writes, and `fmt_fp` reserves 7 KiB more. This is twice that.
 */
const QUIET_BYTES = 65_536;
const VECTOR_BYTES = 16;
const VECTORS_PER_TURN = 16;

const i32 = (value: number): number[] => [OP.i32Const, ...signedLeb(value)];
const get = (local: number): number[] => [OP.localGet, local];
const set = (local: number): number[] => [OP.localSet, local];

/** Locals of `clear_down`: 0 top (then the running address), 1 floor, 2 zero bytes in a row, 3 offset, 4 all bytes of a block or-ed. */
function clearDownBody(): number[] {
  const load = (vector: number): number[] => [
    ...[...get(0), ...get(3), OP.i32Add],
    ...[...VECTOR_OP.load, 4, ...unsignedLeb(vector * VECTOR_BYTES)],
  ];
  // As a tree, so that one `or` need not wait for the one before it.
  const orAll = (from: number, count: number): number[] =>
    count === 1 ? load(from) : [...orAll(from, count / 2), ...orAll(from + count / 2, count / 2), ...VECTOR_OP.or];
  return [
    ...[OP.loop, OP.voidBlock],
    ...[...get(0), ...get(1), OP.i32LeU, OP.if, OP.voidBlock, OP.return, OP.end],
    ...[...get(0), ...i32(BLOCK_BYTES), OP.i32Sub, ...set(0)],
    ...[...VECTOR_OP.zero, ...set(4), ...i32(0), ...set(3)],
    ...[OP.loop, OP.voidBlock],
    ...[...get(4), ...orAll(0, VECTORS_PER_TURN), ...VECTOR_OP.or, ...set(4)],
    ...[
      ...get(3),
      ...i32(VECTORS_PER_TURN * VECTOR_BYTES),
      OP.i32Add,
      OP.localTee,
      3,
      ...i32(BLOCK_BYTES),
      OP.i32LtU,
      OP.brIf,
      0,
    ],
    OP.end,
    ...[...get(4), ...VECTOR_OP.anyTrue, OP.i32Eqz, OP.if, OP.voidBlock],
    ...[...get(2), ...i32(BLOCK_BYTES), OP.i32Add, OP.localTee, 2, ...i32(QUIET_BYTES), OP.i32LtU, OP.brIf, 1],
    ...[OP.return, OP.end],
    ...[...get(0), ...i32(0), ...i32(BLOCK_BYTES), ...MEMORY_FILL, ...i32(0), ...set(2), OP.br, 0],
    OP.end,
  ];
}

const bridgeModule = new wasm.Module(
  writeModule({
    memory: true,
    imports: [
      { name: 'lua_pushinteger', signature: 'il:' },
      { name: 'lua_tointegerx', signature: 'iii:l' },
      { name: 'lua_rawgeti', signature: 'iil:i' },
      { name: 'lua_rawseti', signature: 'iil:' },
    ],
    functions: [
      {
        name: 'push_integer',
        signature: 'id:',
        locals: '',
        body: [...get(0), ...get(1), OP.i64TruncF64, OP.call, 0],
      },
      {
        name: 'to_integer',
        signature: 'ii:d',
        locals: '',
        body: [...get(0), ...get(1), ...i32(0), OP.call, 1, OP.f64ConvertI64],
      },
      {
        name: 'raw_get_index',
        signature: 'iii:i',
        locals: '',
        body: [...get(0), ...get(1), ...get(2), OP.i64ExtendI32, OP.call, 2],
      },
      {
        name: 'raw_set_index',
        signature: 'iii:',
        locals: '',
        body: [...get(0), ...get(1), ...get(2), OP.i64ExtendI32, OP.call, 3],
      },
      { name: 'clear_down', signature: 'ii:', locals: 'iiv', body: clearDownBody() },
    ],
  }),
);

/** Signatures of the functions that C calls: its functions for Lua, and its hooks. */
const trampolines = {
  'i:i': new wasm.Module(writeModule({ memory: false, imports: [{ name: 'call', signature: 'i:i' }], functions: [] })),
  'ii:': new wasm.Module(writeModule({ memory: false, imports: [{ name: 'call', signature: 'ii:' }], functions: [] })),
} as const;

/** A bridge for one instance of the Lua module. */
export function createBridge(api: LuaApi): Bridge {
  return new wasm.Instance(bridgeModule, { env: { ...api } }).exports as unknown as Bridge;
}

/** `fn` as what a function table takes. */
export function toTableFunction(signature: keyof typeof trampolines, fn: (thread: LuaThread) => unknown): unknown {
  return new wasm.Instance(trampolines[signature], { env: { call: fn } }).exports['call'];
}

function allocate(api: LuaApi, tableFunction: unknown): FunctionSlot {
  const table = api.__indirect_function_table;
  const slot = table.grow(1);
  table.set(slot, tableFunction);
  return slot as FunctionSlot;
}

/** Puts `fn` into a new slot of the function table, where Lua can call it as a C function. Slots are never given back. */
export function allocateSlot(api: LuaApi, fn: (thread: LuaThread) => number): FunctionSlot {
  return allocate(api, toTableFunction('i:i', fn));
}

/** Like {@link allocateSlot}, for a function that `lua_sethook` takes. */
export function allocateHookSlot(api: LuaApi, fn: (thread: LuaThread) => void): FunctionSlot {
  return allocate(api, toTableFunction('ii:', fn));
}
