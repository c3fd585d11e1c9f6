/**
 * A block of heap that every image keeps for the host: scratch for short texts, a record for
 * `lua_getinfo`, a length that C functions fill in, and a few constant texts for C.
 */
import type { LuaInstance } from './instance.ts';
import type { Pointer } from './lua-api.ts';
import { ACTIVATION } from './memory-layout.ts';
import { SCRATCH_BYTES } from './text-codec.ts';

const ACTIVATION_AT = SCRATCH_BYTES;
const WANTED_AT = ACTIVATION_AT + ACTIVATION.bytes;
const MODE_AT = WANTED_AT + 8;
const BYTECODE_MODE_AT = MODE_AT + 4;
const WORKSPACE_BYTES = MODE_AT + 8;

/** Addresses inside a workspace. */
export interface Workspace {
  readonly scratch: Pointer;
  /** Room for one `lua_Debug`. */
  readonly activation: Pointer;
  /** The text `Slf`: source, line and function. */
  readonly wanted: Pointer;
  /** The text `t`: text chunks only. */
  readonly textMode: Pointer;
  /** The text `b`: bytecode only; for the prelude, which is ours. */
  readonly bytecodeMode: Pointer;
}

/** Takes and fills a workspace while an image is made. It is never freed. */
export function createWorkspace(instance: LuaInstance): Pointer {
  const { pointer } = instance.allocate(WORKSPACE_BYTES);
  instance.u8.fill(0, pointer, pointer + WORKSPACE_BYTES);
  const write = (at: number, text: string): void => {
    for (let index = 0; index < text.length; index++) instance.u8[pointer + at + index] = text.charCodeAt(index);
  };
  write(WANTED_AT, 'Slf');
  write(MODE_AT, 't');
  write(BYTECODE_MODE_AT, 'b');
  return pointer;
}

/** The addresses inside the workspace at `pointer`. */
export function workspaceAt(pointer: Pointer): Workspace {
  return {
    scratch: pointer,
    activation: (pointer + ACTIVATION_AT) as Pointer,
    wanted: (pointer + WANTED_AT) as Pointer,
    textMode: (pointer + MODE_AT) as Pointer,
    bytecodeMode: (pointer + BYTECODE_MODE_AT) as Pointer,
  };
}
