/**
 * Finds and reads the Lua WASM file; `lua/machine` does no I/O and is handed the bytes.
 */
import { readFile } from 'node:fs/promises';

/** The bytes of the file in the installed `wasmoon` package, whose JavaScript is not used; `createLuaHost` checks their hash. */
export async function readWasmFile(): Promise<Uint8Array> {
  return readFile(new URL('glue.wasm', import.meta.resolve('wasmoon')));
}
