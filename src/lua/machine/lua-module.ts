/**
 * Turns the published Lua WASM file into the module we run.
 *
 * The file is known by its hash, so offsets into it, into its memory and into Lua's own
 * structures are constants (here and in `memory-layout.ts`), and a few numbers can be changed
 * in place. Any other file is refused.
 */
import { MoonpoolError, sha256Hex } from '../../core/index.ts';
import { wasm, type WasmModule } from './wasm-types.ts';

/** SHA-256 of `dist/glue.wasm` of the npm package `wasmoon` 1.16.0. */
const LUA_WASM_SHA256 = '95f3f19ddb740125883bc41d5ec670cd0828e7b58c8bdad385323cbff497b55c';

interface Patch {
  readonly at: number;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/**
 * The module's minimum memory, 256 pages, becomes 18: the host decides how far it grows.
 *
 * The Lua stack's ceiling, 1,000,000 slots of 16 bytes, becomes 60,000: otherwise endless
 * recursion would hit an 8 or 16 MiB memory limit first and be reported as that (a call that
 * takes one slot takes 48 bytes of call record as well). LuaJIT's ceiling is 65,500.
 */
const PATCHES: readonly Patch[] = [
  { at: 1715, from: [0x80, 0x02], to: [0x92, 0x00] },
  // 16 × slots + 1, in bytes of stack
  { at: 56335, from: [0x81, 0xc8, 0xd0, 0x07], to: [0x81, 0xcc, 0xba, 0x00] },
  // slots − 1
  { at: 56365, from: [0xbf, 0x84, 0x3d], to: [0xdf, 0xd4, 0x03] },
  // slots
  { at: 56388, from: [0xc0, 0x84, 0x3d], to: [0xe0, 0xd4, 0x03] },
  { at: 56397, from: [0xc0, 0x84, 0x3d], to: [0xe0, 0xd4, 0x03] },
  { at: 56410, from: [0xc0, 0x84, 0x3d], to: [0xe0, 0xd4, 0x03] },
  // slots + 200 while an overflow is reported
  { at: 56438, from: [0x88, 0x86, 0x3d], to: [0xa8, 0xd6, 0x03] },
];

/**
 * Compiles the Lua module, once per thread or once for all: the result can be posted.
 *
 * @param bytes the file named by {@link LUA_WASM_SHA256}
 * @throws BUG_INVARIANT when it is another file
 */
export async function compileLuaModule(bytes: Uint8Array): Promise<WasmModule> {
  const hash = sha256Hex(bytes);
  if (hash !== LUA_WASM_SHA256) {
    throw new MoonpoolError(
      'BUG_INVARIANT',
      `The Lua WASM file has the hash ${hash}, expected ${LUA_WASM_SHA256}; install the dependencies again with npm ci.`,
    );
  }
  const patched = Uint8Array.from(bytes);
  for (const { at, from, to } of PATCHES) {
    if (from.some((byte, index) => patched[at + index] !== byte)) {
      throw new MoonpoolError('BUG_INVARIANT', `The Lua WASM file is not as expected at offset ${at}.`);
    }
    patched.set(to, at);
  }
  return wasm.compile(patched);
}
