/**
 * Text between JS strings and UTF-8 bytes in the module's memory, quick for short ASCII.
 *
 * Most texts are keys and short words: those are written byte by byte and read through a small
 * cache of strings that were seen before. Invariant: what is not well-formed on either side is
 * refused, never replaced.
 */
import { ValueProblem } from './failure.ts';
import type { LuaInstance } from './instance.ts';
import type { LuaThread, Pointer } from './lua-api.ts';

/** Bytes of scratch memory a machine's image keeps for short texts. */
export const SCRATCH_BYTES = 1024;
const SHORT_LENGTH = 64;
const CACHE_SIZE = 512;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossyDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes of `text` in UTF-8 without making them. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes: one more for each unit.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

/** See the head of the file. */
export class TextCodec {
  readonly #instance: LuaInstance;
  readonly #cache: string[] = new Array<string>(CACHE_SIZE).fill('');
  #scratch = 0;

  constructor(instance: LuaInstance) {
    this.#instance = instance;
  }

  /** Where {@link SCRATCH_BYTES} of scratch lie in the present image. */
  set scratch(pointer: Pointer) {
    this.#scratch = pointer;
  }

  /**
   * Pushes `text`, one slot.
   *
   * @returns its length in bytes
   */
  push(thread: LuaThread, text: string): number {
    const { length } = text;
    if (length <= SHORT_LENGTH) {
      const { u8 } = this.#instance;
      const start = this.#scratch;
      let at = 0;
      for (; at < length; at++) {
        const unit = text.charCodeAt(at);
        if (unit >= 0x80) break;
        u8[start + at] = unit;
      }
      if (at === length) {
        this.#instance.api.lua_pushlstring(thread, start as Pointer, length);
        return length;
      }
    }
    if (!text.isWellFormed()) throw new ValueProblem('is text with half a surrogate pair, which UTF-8 cannot hold');
    return this.#pushEncoded(thread, text);
  }

  #pushEncoded(thread: LuaThread, text: string): number {
    const instance = this.#instance;
    if (text.length * 3 <= SCRATCH_BYTES) {
      const start = this.#scratch;
      const { written } = encoder.encodeInto(text, instance.u8.subarray(start, start + SCRATCH_BYTES));
      instance.api.lua_pushlstring(thread, start as Pointer, written);
      return written;
    }
    const bytes = encoder.encode(text);
    using buffer = instance.allocate(bytes.length);
    instance.u8.set(bytes, buffer.pointer);
    instance.api.lua_pushlstring(thread, buffer.pointer, bytes.length);
    return bytes.length;
  }

  /** A NUL-terminated copy of `text` on the heap, for C functions that take names. */
  allocate(text: string): ReturnType<LuaInstance['allocate']> {
    const bytes = encoder.encode(`${text}\0`);
    const buffer = this.#instance.allocate(bytes.length);
    this.#instance.u8.set(bytes, buffer.pointer);
    return buffer;
  }

  /** The text in [`pointer`, `pointer + length`). Throws {@link ValueProblem} unless it is UTF-8. */
  read(pointer: number, length: number): string {
    if (length <= SHORT_LENGTH) {
      const short = this.#readShort(pointer, length);
      if (short !== undefined) return short;
    }
    try {
      return strictDecoder.decode(this.#instance.u8.subarray(pointer, pointer + length));
    } catch {
      throw new ValueProblem('is text that is not valid UTF-8');
    }
  }

  /** ASCII only, else undefined. The same text comes back as the same string, which makes it a quick key. */
  #readShort(pointer: number, length: number): string | undefined {
    const { u8 } = this.#instance;
    let hash = length;
    for (let at = pointer; at < pointer + length; at++) {
      const byte = u8[at] as number;
      if (byte >= 0x80) return undefined;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const place = (hash ^ (hash >>> 9)) & (CACHE_SIZE - 1);
    const known = this.#cache[place] as string;
    if (known.length === length) {
      let at = 0;
      while (at < length && known.charCodeAt(at) === u8[pointer + at]) at++;
      if (at === length) return known;
    }
    const text = String.fromCharCode(...u8.subarray(pointer, pointer + length));
    this.#cache[place] = text;
    return text;
  }

  /** As {@link read} for messages: what is not UTF-8 is replaced, at most `maxBytes` are read. */
  readLossy(pointer: number, length: number, maxBytes: number): string {
    const end = pointer + Math.min(length, maxBytes);
    return lossyDecoder.decode(this.#instance.u8.subarray(pointer, end));
  }

  /** The text at `index` of the stack, for messages and names; slot must hold text. Uses the scratch memory. */
  readAt(thread: LuaThread, index: number, maxBytes: number): string {
    const { api, u32 } = this.#instance;
    const pointer = api.lua_tolstring(thread, index, this.#scratch as Pointer);
    return this.readLossy(pointer, u32[this.#scratch >> 2] as number, maxBytes);
  }

  /** A copy of the bytes of the text at `index` of the stack. Uses the scratch memory. */
  bytesAt(thread: LuaThread, index: number): Uint8Array {
    const { api, u32 } = this.#instance;
    const pointer = api.lua_tolstring(thread, index, this.#scratch as Pointer);
    return this.#instance.u8.slice(pointer, pointer + (u32[this.#scratch >> 2] as number));
  }

  /** A NUL-terminated text, for messages. */
  readTerminated(pointer: Pointer, maxBytes: number): string {
    const end = this.#instance.u8.indexOf(0, pointer);
    return this.readLossy(pointer, end < 0 ? 0 : end - pointer, maxBytes);
  }
}
