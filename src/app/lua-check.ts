/**
 * The Lua syntax check for flow files, in the calling thread: compiles, runs nothing.
 */
import { createLuaHost } from '../lua/machine/index.ts';
import { readWasmFile } from '../lua/lanes/index.ts';

/** The syntax error of Lua code, if it has one; lines count from 1 within the code. */
export type LuaCheck = (code: string) => { readonly line: number; readonly message: string } | undefined;

/** A check that holds a Lua host; drop it when the flows are checked. */
export async function createLuaCheck(): Promise<LuaCheck> {
  const host = await createLuaHost(await readWasmFile());
  return (code) => host.checkChunk(code);
}
