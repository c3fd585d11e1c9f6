/**
 * The part of Lua's C API that we call, typed. Names and arguments are those of the Lua 5.4 manual.
 *
 * Pointers are branded, so a length or an index cannot be passed where an address belongs.
 */
import type { WasmMemory, WasmTable } from './wasm-types.ts';

declare const brand: unique symbol;
/** An address in the module's memory. */
export type Pointer = number & { readonly [brand]: 'Pointer' };
/** The address of a Lua thread (`lua_State *`). */
export type LuaThread = number & { readonly [brand]: 'LuaThread' };
/** An index into the module's function table, which is what C calls a function pointer. */
export type FunctionSlot = number & { readonly [brand]: 'FunctionSlot' };

/** Pseudo-index of the registry. */
export const REGISTRY = -1_001_000;

/** What `lua_pcallk` and `luaL_loadbufferx` answer. */
export const STATUS = { ok: 0, yield: 1, runtime: 2, syntax: 3, memory: 4, handler: 5 } as const;

/** Lua's types as `lua_type` numbers them. */
export const TYPE = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;

/** Names of the types by number, as Lua's `type` gives them. */
export const TYPE_NAMES: readonly string[] = [
  'nil',
  'boolean',
  'userdata',
  'number',
  'string',
  'table',
  'function',
  'userdata',
  'thread',
];

type Open = (thread: LuaThread) => number;

/** Exports of the Lua module. */
export interface LuaApi {
  readonly memory: WasmMemory;
  readonly __indirect_function_table: WasmTable;
  __wasm_call_ctors(): void;
  stackSave(): number;
  stackRestore(pointer: number): void;
  setThrew(threw: number, value: number): void;
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;
  luaL_newstate(): LuaThread;
  readonly luaopen_base: Open;
  readonly luaopen_coroutine: Open;
  readonly luaopen_debug: Open;
  readonly luaopen_math: Open;
  readonly luaopen_string: Open;
  readonly luaopen_table: Open;
  readonly luaopen_utf8: Open;
  lua_gettop(thread: LuaThread): number;
  lua_settop(thread: LuaThread, index: number): void;
  lua_checkstack(thread: LuaThread, slots: number): number;
  lua_pushvalue(thread: LuaThread, index: number): void;
  lua_rotate(thread: LuaThread, index: number, count: number): void;
  lua_pushnil(thread: LuaThread): void;
  lua_pushboolean(thread: LuaThread, value: number): void;
  lua_pushnumber(thread: LuaThread, value: number): void;
  lua_pushlstring(thread: LuaThread, bytes: Pointer, length: number): Pointer;
  lua_pushcclosure(thread: LuaThread, fn: FunctionSlot, upvalues: number): void;
  lua_pushlightuserdata(thread: LuaThread, value: number): void;
  lua_createtable(thread: LuaThread, listSlots: number, hashSlots: number): void;
  lua_rawset(thread: LuaThread, index: number): void;
  lua_rawget(thread: LuaThread, index: number): number;
  lua_setglobal(thread: LuaThread, name: Pointer): void;
  lua_getglobal(thread: LuaThread, name: Pointer): number;
  lua_setmetatable(thread: LuaThread, index: number): number;
  lua_getmetatable(thread: LuaThread, index: number): number;
  lua_rawequal(thread: LuaThread, a: number, b: number): number;
  lua_next(thread: LuaThread, index: number): number;
  lua_type(thread: LuaThread, index: number): number;
  lua_toboolean(thread: LuaThread, index: number): number;
  lua_tonumberx(thread: LuaThread, index: number, isNumber: Pointer): number;
  lua_isinteger(thread: LuaThread, index: number): number;
  lua_tolstring(thread: LuaThread, index: number, length: Pointer): Pointer;
  lua_touserdata(thread: LuaThread, index: number): Pointer;
  lua_topointer(thread: LuaThread, index: number): Pointer;
  lua_tocfunction(thread: LuaThread, index: number): FunctionSlot;
  lua_getupvalue(thread: LuaThread, index: number, upvalue: number): Pointer;
  lua_concat(thread: LuaThread, count: number): void;
  luaL_where(thread: LuaThread, level: number): void;
  lua_error(thread: LuaThread): never;
  lua_pcallk(
    thread: LuaThread,
    args: number,
    results: number,
    handlerIndex: number,
    context: number,
    continuation: number,
  ): number;
  luaL_loadbufferx(thread: LuaThread, bytes: Pointer, length: number, name: Pointer, mode: Pointer): number;
  luaL_ref(thread: LuaThread, table: number): number;
  luaL_unref(thread: LuaThread, table: number, ref: number): void;
  luaL_traceback(thread: LuaThread, of: LuaThread, message: Pointer, level: number): void;
  lua_getstack(thread: LuaThread, level: number, activation: Pointer): number;
  lua_sethook(thread: LuaThread, hook: FunctionSlot, mask: number, count: number): void;
  lua_getinfo(thread: LuaThread, what: Pointer, activation: Pointer): number;
}
