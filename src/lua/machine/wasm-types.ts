/**
 * The dozen WebAssembly types this folder uses.
 *
 * Neither the ES library nor Node's types declare them, and the DOM library would let `window`
 * through; so they are declared here and nowhere else.
 */

/** A compiled module; can be posted to another thread. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

/** Linear memory. `buffer` is replaced by a new one whenever the memory grows. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** A function table. */
export interface WasmTable {
  readonly length: number;
  get(index: number): unknown;
  set(index: number, value: unknown): void;
  grow(count: number): number;
}

/** What a module is linked against: module name → import name → function, memory or table. */
export type WasmImports = { readonly [module: string]: { readonly [name: string]: unknown } };

interface WasmInstance {
  readonly exports: { readonly [name: string]: unknown };
}

interface WasmNamespace {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  /** Raised when WASM code traps: unreachable code, an access out of bounds. */
  readonly RuntimeError: new (
    message?: string,
  ) => Error;
}

declare const WebAssembly: WasmNamespace;

/** The platform's `WebAssembly`, as typed above. */
export const wasm: WasmNamespace = WebAssembly;
