/**
 * Writes small WASM modules: a few imports, a few functions, no tool chain.
 *
 * Used for the bridge (64-bit integers without BigInt, clearing the C stack) and for turning
 * a JS function into one that a function table accepts. Knows nothing about Lua.
 */

/** Value types by the letter used in signatures: `i` = i32, `l` = i64, `d` = f64, `v` = v128. */
const TYPE_BYTES: Readonly<Record<string, number>> = { i: 0x7f, l: 0x7e, d: 0x7c, v: 0x7b };

/** Opcodes the bridge uses, by their name in the WASM text format. */
export const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32LtU: 0x49,
  i32LeU: 0x4d,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64ExtendI32: 0xac,
  i64TruncF64: 0xb0,
  f64ConvertI64: 0xb9,
  voidBlock: 0x40,
} as const;

/** Instructions on 16 bytes at once. */
export const VECTOR_OP = {
  load: [0xfd, 0x00],
  zero: [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0)],
  or: [0xfd, 0x50],
  anyTrue: [0xfd, 0x53],
} as const;

/** `memory.fill` on memory 0. */
export const MEMORY_FILL: readonly number[] = [0xfc, 0x0b, 0x00];

/** A signature: parameter letters, a colon, the result letter if any. `id:i` = (i32, f64) → i32. */
export type Signature = string;

/** An imported function. */
export interface ImportedFunction {
  readonly name: string;
  readonly signature: Signature;
}

/** A function of the module. Function indices count the imports first. */
export interface WrittenFunction {
  readonly name: string;
  readonly signature: Signature;
  /** Extra locals as letters; they follow the parameters. */
  readonly locals: string;
  /** Code without the closing `end`. */
  readonly body: readonly number[];
}

/** `value` as unsigned LEB128. */
export function unsignedLeb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return out;
}

/** `value` (a 32-bit signed integer) as signed LEB128. */
export function signedLeb(value: number): number[] {
  const out: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...out, low];
    out.push(low | 0x80);
  }
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsignedLeb(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content];
}

function nameBytes(name: string): number[] {
  return [...unsignedLeb(name.length), ...Array.from(name, (letter) => letter.charCodeAt(0))];
}

function typeBytes(signature: Signature): number[] {
  const [parameters = '', result = ''] = signature.split(':');
  const letters = (text: string): number[] => Array.from(text, (letter) => TYPE_BYTES[letter] as number);
  return [0x60, ...vector(letters(parameters).map((type) => [type])), ...vector(letters(result).map((type) => [type]))];
}

/**
 * The bytes of a module whose imports all come from the module name `env`.
 *
 * With `memory` it imports `env.memory`. Written functions are exported under their names;
 * with none, the imported functions are exported instead.
 */
export function writeModule(parts: {
  readonly imports: readonly ImportedFunction[];
  readonly functions: readonly WrittenFunction[];
  readonly memory: boolean;
}): Uint8Array {
  const { imports, functions } = parts;
  const all = [...imports, ...functions];
  const importEntries = imports.map((entry, index) => [...nameBytes('env'), ...nameBytes(entry.name), 0x00, index]);
  if (parts.memory) importEntries.push([...nameBytes('env'), ...nameBytes('memory'), 0x02, 0x00, 0x00]);
  const firstExported = functions.length === 0 ? 0 : imports.length;
  const exported = functions.length === 0 ? imports : functions;
  const bodies = functions.map((fn) => {
    const locals = vector(Array.from(fn.locals, (letter) => [1, TYPE_BYTES[letter] as number]));
    const code = [...locals, ...fn.body, OP.end];
    return [...unsignedLeb(code.length), ...code];
  });
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(all.map((fn) => typeBytes(fn.signature)))),
    ...section(2, vector(importEntries)),
    ...section(3, vector(functions.map((_, index) => unsignedLeb(imports.length + index)))),
    ...section(7, vector(exported.map((fn, index) => [...nameBytes(fn.name), 0x00, firstExported + index]))),
    ...section(10, vector(bodies)),
  ]);
}
