/**
 * Finds and reads the Lua WASM file. Outside `machine`, which does no I/O.
 */
import { readFile } from 'node:fs/promises';

/** Where the file of the installed `wasmoon` package lies. Its JavaScript is not used. */
export function resolveWasmUrl(): URL {
  return new URL('glue.wasm', import.meta.resolve('wasmoon'));
}

/** The file's bytes; `createLuaHost` checks their hash. */
export async function readWasmFile(): Promise<Uint8Array> {
  return readFile(resolveWasmUrl());
}
