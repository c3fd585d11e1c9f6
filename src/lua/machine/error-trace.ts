/**
 * Looks at a Lua error at the moment it is raised: where it happened, and whether Lua itself
 * ran out of stack.
 *
 * The text of an error alone proves nothing, since code may raise any text; so it counts as an
 * overflow only when it was not raised through `error` or `assert`.
 */
import type { LuaInstance } from './instance.ts';
import { type FunctionSlot, type LuaThread, type Pointer, TYPE } from './lua-api.ts';
import { ACTIVATION } from './memory-layout.ts';
import { PRELUDE_NAME } from './prelude.ts';
import type { TextCodec } from './text-codec.ts';
import type { Workspace } from './workspace.ts';

const MAX_LEVELS = 30;
const MAX_TRACEBACK_BYTES = 4096;
const MAX_TEXT_BYTES = 4096;
const OVERFLOW_TEXT = /(?:^|: )(?:(?:C )?stack overflow(?: \(.{0,200}\))?|pattern too complex)$/;

/** Name of a chunk, and line of its file. */
export interface CodePlace {
  readonly chunk: string;
  readonly line: number;
}

/** Where an error was raised; chunk and line are absent when no chunk was running. */
export interface RaisedAt extends Partial<CodePlace> {
  readonly traceback: string;
  readonly isOverflow: boolean;
}

/** See the head of the file. */
export class ErrorTrace {
  readonly #instance: LuaInstance;
  readonly #texts: TextCodec;
  #workspace: Workspace | undefined;
  #raisers: readonly FunctionSlot[] = [];
  /** The last error raised since the last {@link ErrorTrace.clear}. */
  last: RaisedAt | undefined;

  constructor(instance: LuaInstance, texts: TextCodec) {
    this.#instance = instance;
    this.#texts = texts;
  }

  /** Must be called when another image is loaded. */
  use(workspace: Workspace, raisers: readonly FunctionSlot[]): void {
    this.#workspace = workspace;
    this.#raisers = raisers;
    this.last = undefined;
  }

  /** Forgets the last error. */
  clear(): void {
    this.last = undefined;
  }

  /** The message handler's work; level 0 is the handler, level 1 raised the error, its object is in slot 1. */
  look(thread: LuaThread): void {
    const { api } = this.#instance;
    const isRaisedByCode = this.#isRaisedByCode(thread);
    let isOverflow = false;
    if (!isRaisedByCode && api.lua_type(thread, 1) === TYPE.string) {
      isOverflow = OVERFLOW_TEXT.test(this.#texts.readAt(thread, 1, MAX_TEXT_BYTES));
    }
    const place = this.placeOf(thread, 1);
    api.luaL_traceback(thread, thread, 0 as Pointer, 1);
    const traceback = this.#texts.readAt(thread, -1, MAX_TRACEBACK_BYTES);
    api.lua_settop(thread, -2);
    this.last = { ...place, traceback, isOverflow };
  }

  #isRaisedByCode(thread: LuaThread): boolean {
    const { api } = this.#instance;
    const { activation, wanted } = this.#workspace as Workspace;
    if (api.lua_getstack(thread, 1, activation) === 0) return false;
    api.lua_getinfo(thread, wanted, activation);
    const slot = api.lua_tocfunction(thread, -1);
    api.lua_settop(thread, -2);
    return this.#raisers.includes(slot);
  }

  /** The innermost function of a chunk that runs on `thread`, looked for from `level` outwards. */
  placeOf(thread: LuaThread, fromLevel: number): CodePlace | undefined {
    const { api } = this.#instance;
    const { activation, wanted } = this.#workspace as Workspace;
    for (let level = fromLevel; level < MAX_LEVELS && api.lua_getstack(thread, level, activation) !== 0; level++) {
      api.lua_getinfo(thread, wanted, activation);
      api.lua_settop(thread, -2);
      const { u32 } = this.#instance;
      const line = (u32[(activation + ACTIVATION.currentLine) >> 2] as number) | 0;
      const source = u32[(activation + ACTIVATION.source) >> 2] as Pointer;
      const name = this.#texts.readTerminated(source, MAX_TEXT_BYTES);
      if (line > 0 && name.startsWith('=') && name !== `=${PRELUDE_NAME}`) return { chunk: name.slice(1), line };
    }
    return undefined;
  }
}
