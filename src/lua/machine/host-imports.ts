/**
 * What the Lua module is given to stand on: `setjmp`, a clock of the run's time, and "no" to the rest.
 *
 * Everything that names a file, a process or the environment answers with an error. Memory grows
 * only through `growHeap`, so the host decides the ceiling.
 */
import type { LuaApi } from './lua-api.ts';
import type { WasmImports } from './wasm-types.ts';

/** Thrown through WASM frames by `longjmp`; only ever caught by {@link createImports}'s `invoke_vii`. */
const LONG_JUMP = new (class LongJump extends Error {})('longjmp');

/** Raised when C code calls `abort`: Lua was in no protected call when it had to give up. */
export class LuaAbort extends Error {
  override readonly name = 'LuaAbort';
}

/** What the imports ask of the instance they serve. */
export interface ImportHost {
  readonly api: LuaApi;
  /** Makes the memory at least `bytes` long, or refuses. */
  growHeap(bytes: number): boolean;
  /** What C's `time` answers, in ms since 1970. */
  readonly clockMs: number;
}

const ERRNO_NOT_SUPPORTED = 58;
const ERRNO_NO_ENTRY = -44;

type Invoked = (a: number, b: number) => void;

/** The 26 imports of the Lua module. `host.api` is read when they are called, so it may be set later. */
export function createImports(host: ImportHost): WasmImports {
  const invoked: Invoked[] = [];
  const no = (): number => ERRNO_NO_ENTRY;
  const notSupported = (): number => ERRNO_NOT_SUPPORTED;
  const nothing = (): void => {};
  const abort = (): never => {
    throw new LuaAbort('Lua gave up outside a protected call.');
  };
  return {
    env: {
      abort,
      exit: abort,
      invoke_vii(index: number, a: number, b: number): void {
        const { api } = host;
        const stack = api.stackSave();
        try {
          let fn = invoked[index];
          if (fn === undefined) {
            fn = api.__indirect_function_table.get(index) as Invoked;
            invoked[index] = fn;
          }
          fn(a, b);
        } catch (thrown) {
          // Anything but a long jump is a trap or a fault of ours and must reach the machine.
          if (thrown !== LONG_JUMP) throw thrown;
          api.stackRestore(stack);
          api.setThrew(1, 0);
        }
      },
      _emscripten_throw_longjmp(): never {
        throw LONG_JUMP;
      },
      emscripten_resize_heap: (bytes: number): number => (host.growHeap(bytes >>> 0) ? 1 : 0),
      emscripten_date_now: (): number => host.clockMs,
      _emscripten_get_now_is_monotonic: (): number => 0,
      system: (): number => -1,
      strftime: (): number => 0,
      _mktime_js: (): number => -1,
      _localtime_js: nothing,
      _gmtime_js: nothing,
      _tzset_js: nothing,
      __syscall_openat: no,
      __syscall_fcntl64: no,
      __syscall_ioctl: no,
      __syscall_dup3: no,
      __syscall_unlinkat: no,
      __syscall_rmdir: no,
      __syscall_renameat: no,
      __syscall_readlinkat: no,
    },
    wasi_snapshot_preview1: {
      fd_write: notSupported,
      fd_read: notSupported,
      fd_close: notSupported,
      fd_seek: notSupported,
      environ_sizes_get: notSupported,
      environ_get: notSupported,
    },
  };
}
