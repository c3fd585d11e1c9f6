/**
 * JSON into Lua: one direction of the codec.
 *
 * Null as an object's value is left out; null in a list is the constant `null`, so that `#` and
 * `ipairs` hold. Lists carry a mark (a metatable) that keeps an empty one a list on the way back.
 */
import type { JsonObject, JsonValue } from '../../core/index.ts';
import { ValueProblem } from './failure.ts';
import { HeapRefused, type LuaInstance } from './instance.ts';
import { type LuaThread, REGISTRY } from './lua-api.ts';
import type { TextCodec } from './text-codec.ts';
import { Budget, placeProblem, requireDepth, withStep } from './value-limits.ts';

/** Stack slots that one level of nesting needs: table, key, value, and one to spare. */
const SLOTS_PER_LEVEL = 4;

/** See the head of the file. */
export class ValueWriter {
  readonly #instance: LuaInstance;
  readonly #texts: TextCodec;
  readonly #budget = new Budget();
  /** Registry key of the metatable that marks lists, in the present image. */
  listMarkRef = 0;

  constructor(instance: LuaInstance, texts: TextCodec) {
    this.#instance = instance;
    this.#texts = texts;
  }

  /**
   * Pushes `value`, one slot; null at the top is the constant `null`.
   *
   * @param root what the value is called in messages
   * @throws ValueProblem with the whole sentence, naming the path
   */
  push(thread: LuaThread, value: JsonValue, options: { root: string; maxBytes: number }): void {
    this.#budget.reset(options.maxBytes);
    try {
      this.#push(thread, value, 0);
    } catch (problem) {
      throw problem instanceof ValueProblem ? placeProblem(options.root, problem) : problem;
    }
  }

  #push(thread: LuaThread, value: JsonValue, depth: number): void {
    const { api } = this.#instance;
    switch (typeof value) {
      case 'string':
        this.#budget.takeNode(this.#texts.push(thread, value));
        return;
      case 'number':
        this.#pushNumber(thread, value);
        return;
      case 'boolean':
        this.#budget.takeNode(4);
        api.lua_pushboolean(thread, value ? 1 : 0);
        return;
      case 'object':
        if (value === null) {
          this.#budget.takeNode(4);
          api.lua_pushlightuserdata(thread, 0);
        } else if (Array.isArray(value)) {
          this.#pushList(thread, value as readonly JsonValue[], depth + 1);
        } else {
          this.#pushObject(thread, value as JsonObject, depth + 1);
        }
        return;
      default:
        throw new ValueProblem(`is of type ${typeof value}, which JSON does not have`);
    }
  }

  #pushNumber(thread: LuaThread, value: number): void {
    this.#budget.takeNumber();
    if (Number.isSafeInteger(value)) this.#instance.bridge.push_integer(thread, value);
    else if (Number.isFinite(value)) this.#instance.api.lua_pushnumber(thread, value);
    else throw new ValueProblem(`is ${value}, which JSON cannot hold`);
  }

  #open(thread: LuaThread, depth: number): void {
    requireDepth(depth);
    this.#budget.takeNode(0);
    if (this.#instance.api.lua_checkstack(thread, SLOTS_PER_LEVEL) === 0)
      throw new HeapRefused('The Lua stack is full.');
  }

  #pushList(thread: LuaThread, items: readonly JsonValue[], depth: number): void {
    const { api, bridge } = this.#instance;
    this.#open(thread, depth);
    api.lua_createtable(thread, items.length, 0);
    let index = 0;
    try {
      for (; index < items.length; index++) {
        this.#push(thread, items[index] as JsonValue, depth);
        bridge.raw_set_index(thread, -2, index + 1);
      }
    } catch (problem) {
      throw withStep(problem, index);
    }
    bridge.raw_get_index(thread, REGISTRY, this.listMarkRef);
    api.lua_setmetatable(thread, -2);
  }

  #pushObject(thread: LuaThread, object: JsonObject, depth: number): void {
    const { api } = this.#instance;
    this.#open(thread, depth);
    const keys = Object.keys(object);
    api.lua_createtable(thread, 0, keys.length);
    let at = 0;
    try {
      for (; at < keys.length; at++) {
        const key = keys[at] as string;
        const value = object[key];
        if (value === null || value === undefined) continue;
        this.#budget.takeKey(this.#texts.push(thread, key));
        this.#push(thread, value, depth);
        api.lua_rawset(thread, -3);
      }
    } catch (problem) {
      throw withStep(problem, keys[at] as string);
    }
  }
}
