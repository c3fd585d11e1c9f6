/**
 * Lua into JSON: the other direction of the codec.
 *
 * Reads tables raw: no metamethod runs, so no Lua code runs and nothing can raise. What JSON
 * cannot hold is refused with its path; nothing is dropped or replaced in silence.
 */
import { type JsonObject, type JsonValue, setOwn } from '../../core/index.ts';
import { ValueProblem } from './failure.ts';
import { HeapRefused, type LuaInstance } from './instance.ts';
import { givenAt, orderKeys } from './key-order.ts';
import { type LuaThread, TYPE_NAMES } from './lua-api.ts';
import {
  SLOT_BYTES,
  SLOT_TAG,
  STRING_BYTES,
  STRING_LONG_LENGTH,
  STRING_SHORT_LENGTH,
  TAG,
  THREAD_TOP,
} from './memory-layout.ts';
import type { TextCodec } from './text-codec.ts';
import { Budget, placeProblem, requireDepth, withStep } from './value-limits.ts';

const SLOTS_PER_LEVEL = 4;
const INTEGER_UNIT = 4_294_967_296;

/** One table's entries as they were found. */
interface Entries {
  readonly keys: (string | number)[];
  readonly values: JsonValue[];
  /** Every key is text. */
  readonly hasOnlyText: boolean;
  /** Every key is an integer from 1. */
  readonly hasOnlyIndices: boolean;
  readonly maxIndex: number;
}

/** See the head of the file. */
export class ValueReader {
  readonly #instance: LuaInstance;
  readonly #texts: TextCodec;
  readonly #ancestors: number[] = [];
  readonly #budget = new Budget();
  /** Address of the metatable that marks lists, in the present image. */
  listMark = 0;

  constructor(instance: LuaInstance, texts: TextCodec) {
    this.#instance = instance;
    this.#texts = texts;
  }

  /**
   * The value on top of the stack, which stays there; undefined for nil.
   *
   * @param given what the code had been given, for the order of keys
   * @throws ValueProblem with the whole sentence, naming the path
   */
  read(
    thread: LuaThread,
    options: { root: string; maxBytes: number; given?: JsonValue | undefined },
  ): JsonValue | undefined {
    this.#ancestors.length = 0;
    this.#budget.reset(options.maxBytes);
    const top = this.#top(thread);
    if (this.#instance.u8[top - SLOT_BYTES + SLOT_TAG] === TAG.nil) return undefined;
    try {
      return this.#read(thread, options.given);
    } catch (problem) {
      throw problem instanceof ValueProblem ? placeProblem(options.root, problem) : problem;
    }
  }

  #top(thread: LuaThread): number {
    return this.#instance.u32[(thread + THREAD_TOP) >> 2] as number;
  }

  /** Reads the top slot. */
  #read(thread: LuaThread, given: JsonValue | undefined): JsonValue {
    const { u8, f64 } = this.#instance;
    const slot = this.#top(thread) - SLOT_BYTES;
    switch (u8[slot + SLOT_TAG]) {
      case TAG.integer:
        this.#budget.takeNumber();
        return this.#readInteger(slot);
      case TAG.float: {
        this.#budget.takeNumber();
        const value = f64[slot >> 3] as number;
        if (!Number.isFinite(value)) throw new ValueProblem(`is ${value}, which JSON cannot hold`);
        return value === 0 ? 0 : value;
      }
      case TAG.shortString:
      case TAG.longString: {
        const length = this.#stringLength(slot);
        this.#budget.takeNode(length);
        return this.#readString(slot, length);
      }
      case TAG.false:
      case TAG.true:
        this.#budget.takeNode(4);
        return u8[slot + SLOT_TAG] === TAG.true;
      case TAG.table:
        return this.#readTable(thread, slot, given);
      case TAG.lightUserdata:
        // The sandbox has one light userdata only: `null`.
        this.#budget.takeNode(4);
        return null;
      default:
        throw new ValueProblem(`is a ${this.#typeName(thread, -1)}, which JSON cannot hold`);
    }
  }

  #typeName(thread: LuaThread, index: number): string {
    return TYPE_NAMES[this.#instance.api.lua_type(thread, index)] ?? 'value';
  }

  #readInteger(slot: number): number {
    const { u32 } = this.#instance;
    const low = u32[slot >> 2] as number;
    const high = (u32[(slot >> 2) + 1] as number) | 0;
    const value = high * INTEGER_UNIT + low;
    if (!Number.isSafeInteger(value))
      throw new ValueProblem('is an integer beyond ±2^53, which JSON cannot hold exactly');
    return value;
  }

  #stringLength(slot: number): number {
    const { u8, u32 } = this.#instance;
    const string = u32[slot >> 2] as number;
    const isShort = u8[slot + SLOT_TAG] === TAG.shortString;
    return (isShort ? u8[string + STRING_SHORT_LENGTH] : u32[(string + STRING_LONG_LENGTH) >> 2]) as number;
  }

  #readString(slot: number, length: number): string {
    return this.#texts.read((this.#instance.u32[slot >> 2] as number) + STRING_BYTES, length);
  }

  #readTable(thread: LuaThread, slot: number, given: JsonValue | undefined): JsonValue {
    const { api } = this.#instance;
    const address = this.#instance.u32[slot >> 2] as number;
    if (this.#ancestors.includes(address)) throw new ValueProblem('contains itself');
    this.#ancestors.push(address);
    requireDepth(this.#ancestors.length);
    this.#budget.takeNode(0);
    if (api.lua_checkstack(thread, SLOTS_PER_LEVEL) === 0) throw new HeapRefused('The Lua stack is full.');
    const isMarked = this.#isMarked(thread);
    const entries = this.#readEntries(thread, given);
    this.#ancestors.pop();
    return toList(entries, isMarked) ?? toObject(entries, given);
  }

  #isMarked(thread: LuaThread): boolean {
    const { api } = this.#instance;
    if (api.lua_getmetatable(thread, -1) === 0) return false;
    const isMarked = (this.#instance.u32[(this.#top(thread) - SLOT_BYTES) >> 2] as number) === this.listMark;
    api.lua_settop(thread, -2);
    return isMarked;
  }

  #readEntries(thread: LuaThread, given: JsonValue | undefined): Entries {
    const { api } = this.#instance;
    const keys: (string | number)[] = [];
    const values: JsonValue[] = [];
    let textCount = 0;
    let indexCount = 0;
    let maxIndex = 0;
    api.lua_pushnil(thread);
    while (api.lua_next(thread, -2) !== 0) {
      // A key that is refused is named by the path of its table, so it is read outside the `try`.
      const key = this.#readKey(thread, this.#top(thread) - 2 * SLOT_BYTES);
      if (typeof key === 'string') {
        textCount++;
      } else if (key >= 1 && Number.isInteger(key)) {
        indexCount++;
        if (key > maxIndex) maxIndex = key;
      }
      keys.push(key);
      try {
        values.push(this.#read(thread, given === undefined ? undefined : givenAt(given, key)));
      } catch (problem) {
        throw withStep(problem, key);
      }
      api.lua_settop(thread, -2);
    }
    return {
      keys,
      values,
      maxIndex,
      hasOnlyText: textCount === keys.length,
      hasOnlyIndices: indexCount === keys.length,
    };
  }

  /** The key in `slot`: text, or a number that is no text yet. */
  #readKey(thread: LuaThread, slot: number): string | number {
    const { u8, f64 } = this.#instance;
    switch (u8[slot + SLOT_TAG]) {
      case TAG.shortString:
      case TAG.longString: {
        const length = this.#stringLength(slot);
        this.#budget.takeKey(length);
        try {
          return this.#readString(slot, length);
        } catch (problem) {
          if (problem instanceof ValueProblem) throw new ValueProblem(`has a key that ${problem.message}`);
          throw problem;
        }
      }
      case TAG.integer:
        return this.#readInteger(slot);
      case TAG.float: {
        const key = f64[slot >> 3] as number;
        if (!Number.isFinite(key)) throw new ValueProblem(`has the key ${key}, which JSON cannot hold`);
        return key;
      }
      case TAG.true:
        return 'true';
      case TAG.false:
        return 'false';
      default:
        throw new ValueProblem(`has a key that is a ${this.#typeName(thread, -2)}; keys must be text or numbers`);
    }
  }
}

/** The entries as an object, in the order of `key-order.ts`. */
function toObject({ keys, values, hasOnlyText }: Entries, given: JsonValue | undefined): JsonObject {
  const object: { [key: string]: JsonValue } = {};
  const names = hasOnlyText ? (keys as string[]) : keys.map(String);
  if (names.length === 1) {
    setOwn(object, names[0] as string, values[0] as JsonValue);
    return object;
  }
  for (const index of orderKeys(names, given)) {
    const name = names[index] as string;
    if (!hasOnlyText && Object.hasOwn(object, name)) {
      throw new ValueProblem(`has two keys that both become "${name.slice(0, 100)}"`);
    }
    setOwn(object, name, values[index] as JsonValue);
  }
  return object;
}

/** The entries as a list, or undefined when they are none: other keys, or less than half of the places filled. */
function toList(entries: Entries, isMarked: boolean): JsonValue[] | undefined {
  const { keys, values, maxIndex } = entries;
  if (keys.length === 0) return isMarked ? [] : undefined;
  if (!entries.hasOnlyIndices || keys.length * 2 < maxIndex) return undefined;
  if (keys.length === maxIndex && keys.every((key, index) => key === index + 1)) return values;
  const list = new Array<JsonValue>(maxIndex).fill(null);
  for (let index = 0; index < keys.length; index++) list[(keys[index] as number) - 1] = values[index] as JsonValue;
  return list;
}

/**
 * What a node's result changes in the state: an object is merged at the top level; a list or any
 * other value becomes `{result: value}`; nothing, and an empty table, change nothing.
 */
export function toUpdates(value: JsonValue | undefined): JsonObject {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  return { result: value };
}
