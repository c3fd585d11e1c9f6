/**
 * Makes images: opens the libraries, runs the prelude, compiles the chunks.
 *
 * Works on an instance that holds nothing but its start-up data. All calls into Lua here are
 * unprotected: only our own prelude runs, and a chunk's syntax errors come back as a status.
 */
import { MoonpoolError } from '../../core/index.ts';
import { ALLOWED } from './allow-list.ts';
import { LuaAbort } from './host-imports.ts';
import type { HostSlots } from './host-functions.ts';
import { createImage, type LuaChunk, type LuaImage } from './image.ts';
import type { LuaInstance } from './instance.ts';
import { type FunctionSlot, type LuaThread, type Pointer, REGISTRY, STATUS } from './lua-api.ts';
import { HEAP_START, STATIC_END } from './memory-layout.ts';
import { PRELUDE, PRELUDE_NAME } from './prelude.ts';
import type { TextCodec } from './text-codec.ts';
import { createWorkspace, workspaceAt } from './workspace.ts';

/** Heap that making an image may use; the image itself is smaller. */
export const MAX_IMAGE_BYTES = 32 * 1024 * 1024;
/** Comes before a chunk's code on its first line. */
const CHUNK_HEAD = 'local state, variables = ...; ';
const MAX_CHUNK_NAME_LENGTH = 200;

/** A chunk that does not compile. */
export interface SyntaxProblem {
  /** Line within the code, from 1. */
  readonly line: number;
  readonly message: string;
}

/** What images are made on. */
export interface Workshop {
  readonly instance: LuaInstance;
  readonly texts: TextCodec;
  readonly slots: HostSlots;
}

/** See the head of the file. One builder makes one image. */
export class ImageBuilder {
  readonly #workshop: Workshop;
  readonly #thread: LuaThread;
  readonly #workspace: Pointer;

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
    const { instance, texts } = workshop;
    this.#workspace = createWorkspace(instance);
    texts.scratch = workspaceAt(this.#workspace).scratch;
    this.#thread = instance.api.luaL_newstate();
    if ((this.#thread as number) === 0) throw new LuaAbort('No room for a Lua state.');
  }

  /**
   * Builds the sandbox and compiles `chunks`.
   *
   * @param prelude what {@link ImageBuilder.compilePrelude} gave
   * @throws SPEC_LUA for the first chunk that does not compile
   */
  build(chunks: readonly LuaChunk[], prelude: Uint8Array): LuaImage {
    const { instance } = this.#workshop;
    const { api, bridge } = instance;
    const thread = this.#thread;
    this.#openLibraries();
    const randomState = this.#randomState();
    const raisers = ['error', 'assert'].map((name) => this.#functionSlot('_G', name));
    const coroutineMakers = ['create', 'wrap'].map((name) => this.#functionSlot('coroutine', name));
    const collectRef = this.#keepGlobal('collectgarbage');
    api.lua_createtable(thread, 0, 0);
    const listMark = api.lua_topointer(thread, -1);
    const listMarkRef = api.luaL_ref(thread, REGISTRY);
    const describeRef = this.#runPrelude(listMarkRef, prelude);
    const compiled = chunks.map((chunk) => ({ name: chunk.name, line: chunk.line, ref: this.#compileChunk(chunk) }));
    bridge.raw_get_index(thread, REGISTRY, collectRef);
    api.luaL_unref(thread, REGISTRY, collectRef);
    this.#call(0);
    // The message handler stays in slot 1 of the stack for the life of the machine.
    api.lua_settop(thread, 0);
    api.lua_pushcclosure(thread, this.#workshop.slots.handler, 0);
    const heapBytes = instance.u8.subarray(HEAP_START, instance.breakAt);
    return createImage(
      { staticBytes: instance.u8.subarray(0, STATIC_END), heapBytes },
      {
        ...{ thread, breakAt: instance.breakAt, randomState, workspace: this.#workspace },
        ...{ listMarkRef, listMark, describeRef, raisers, coroutineMakers, chunks: compiled },
      },
    );
  }

  /**
   * The prelude as bytecode without line numbers. Images load this: text would leave the parser's
   * scraps in every image, and line numbers nearly double what is copied for each fresh machine.
   */
  compilePrelude(): Uint8Array {
    const { instance, texts } = this.#workshop;
    const { api } = instance;
    this.#openLibraries();
    this.#getGlobal('string');
    this.#getField('dump');
    const message = this.#load(PRELUDE, PRELUDE_NAME);
    if (message !== undefined) throw new MoonpoolError('BUG_INVARIANT', `The Lua prelude does not compile: ${message}`);
    api.lua_pushboolean(this.#thread, 1);
    this.#call(2);
    return texts.bytesAt(this.#thread, -1);
  }

  /** The syntax error of `code`, if it has one. Leaves nothing on the stack. */
  check(code: string): SyntaxProblem | undefined {
    const { api } = this.#workshop.instance;
    const message = this.#load(CHUNK_HEAD + code, '?');
    api.lua_settop(this.#thread, 0);
    if (message === undefined) return undefined;
    const match = /^\?:(\d+): (.*)$/s.exec(message);
    return match === null ? { line: 1, message } : { line: Number(match[1]), message: match[2] as string };
  }

  #openLibraries(): void {
    const { api } = this.#workshop.instance;
    const thread = this.#thread;
    api.luaopen_base(thread);
    for (const name of ['coroutine', 'math', 'string', 'table', 'utf8'] as const) {
      api[`luaopen_${name}`](thread);
      this.#setGlobal(name);
    }
    api.lua_settop(thread, 0);
  }

  #setGlobal(name: string): void {
    using text = this.#workshop.texts.allocate(name);
    this.#workshop.instance.api.lua_setglobal(this.#thread, text.pointer);
  }

  #getGlobal(name: string): void {
    using text = this.#workshop.texts.allocate(name);
    this.#workshop.instance.api.lua_getglobal(this.#thread, text.pointer);
  }

  /** Replaces the table on top by its field `name`. */
  #getField(name: string): void {
    const { api } = this.#workshop.instance;
    this.#workshop.texts.push(this.#thread, name);
    api.lua_rawget(this.#thread, -2);
    api.lua_rotate(this.#thread, -2, 1);
    api.lua_settop(this.#thread, -2);
  }

  #keepGlobal(name: string): number {
    this.#getGlobal(name);
    return this.#workshop.instance.api.luaL_ref(this.#thread, REGISTRY);
  }

  #functionSlot(table: string, name: string): FunctionSlot {
    const { api } = this.#workshop.instance;
    this.#getGlobal(table);
    this.#getField(name);
    const slot = api.lua_tocfunction(this.#thread, -1);
    api.lua_settop(this.#thread, -2);
    return slot;
  }

  /** `math.random` keeps its state in its first upvalue, so a machine is seeded by writing 32 bytes. */
  #randomState(): Pointer {
    const { api } = this.#workshop.instance;
    this.#getGlobal('math');
    this.#getField('random');
    api.lua_getupvalue(this.#thread, -1, 1);
    const state = api.lua_touserdata(this.#thread, -1);
    api.lua_settop(this.#thread, 0);
    return state;
  }

  #runPrelude(listMarkRef: number, prelude: Uint8Array): number {
    const { instance, texts, slots } = this.#workshop;
    const { api, bridge } = instance;
    const thread = this.#thread;
    const message = this.#loadBytes(prelude, PRELUDE_NAME, workspaceAt(this.#workspace).bytecodeMode);
    if (message !== undefined) throw new MoonpoolError('BUG_INVARIANT', `The Lua prelude does not load: ${message}`);
    api.lua_createtable(thread, 0, 0);
    for (const [name, slot] of Object.entries(slots.byName)) {
      texts.push(thread, name);
      api.lua_pushcclosure(thread, slot, 0);
      api.lua_rawset(thread, -3);
    }
    this.#pushAllowList();
    bridge.raw_get_index(thread, REGISTRY, listMarkRef);
    api.lua_pushlightuserdata(thread, 0);
    api.luaopen_debug(thread);
    this.#getField('getmetatable');
    this.#call(5);
    return api.luaL_ref(thread, REGISTRY);
  }

  #pushAllowList(): void {
    const { instance, texts } = this.#workshop;
    const { api } = instance;
    const thread = this.#thread;
    const tables = new Map<string, string[]>();
    for (const { table, names } of ALLOWED) tables.set(table, [...(tables.get(table) ?? []), ...names]);
    api.lua_createtable(thread, 0, 0);
    for (const [table, names] of tables) {
      texts.push(thread, table);
      api.lua_createtable(thread, 0, names.length);
      for (const name of names) {
        texts.push(thread, name);
        api.lua_pushboolean(thread, 1);
        api.lua_rawset(thread, -3);
      }
      api.lua_rawset(thread, -3);
    }
  }

  /** Calls the function below `args` arguments for one result. */
  #call(args: number): void {
    const { api } = this.#workshop.instance;
    const status = api.lua_pcallk(this.#thread, args, 1, 0, 0, 0);
    if (status === STATUS.ok) return;
    const text = this.#workshop.texts.readAt(this.#thread, -1, 1000);
    throw new MoonpoolError('BUG_INVARIANT', `The Lua sandbox could not be built: ${text}`);
  }

  #compileChunk(chunk: LuaChunk): number {
    const { api } = this.#workshop.instance;
    const name = chunk.name.slice(0, MAX_CHUNK_NAME_LENGTH).toWellFormed().replaceAll('\0', ' ');
    // Empty lines in front make Lua count as the file does, in messages and tracebacks alike.
    const source = '\n'.repeat(chunk.line - 1) + CHUNK_HEAD + chunk.code;
    const message = this.#load(source, name);
    if (message === undefined) return api.luaL_ref(this.#thread, REGISTRY);
    // Asked again, because the name in the message may be cut or hold what looks like a line.
    const codeLine = this.check(chunk.code)?.line ?? 1;
    throw new MoonpoolError('SPEC_LUA', `The Lua code of "${name}" does not compile: ${message}`, {
      details: { chunk: chunk.name, line: chunk.line + codeLine - 1, code_line: codeLine },
    });
  }

  /** Compiles `source` onto the stack, or leaves nothing there and returns what is wrong. */
  #load(source: string, name: string): string | undefined {
    return this.#loadBytes(new TextEncoder().encode(source), name, workspaceAt(this.#workspace).textMode);
  }

  #loadBytes(bytes: Uint8Array, name: string, mode: Pointer): string | undefined {
    const { instance, texts } = this.#workshop;
    const { api } = instance;
    using code = instance.allocate(bytes.length + 1);
    using chunkName = texts.allocate(`=${name}`);
    instance.u8.set(bytes, code.pointer);
    const status = api.luaL_loadbufferx(this.#thread, code.pointer, bytes.length, chunkName.pointer, mode);
    // The text must not stay behind in memory that images are made of.
    instance.u8.fill(0, code.pointer, code.pointer + bytes.length);
    if (status === STATUS.ok) return undefined;
    const message = texts.readAt(this.#thread, -1, 1000);
    api.lua_settop(this.#thread, -2);
    return message;
  }
}
