/**
 * Which keys of the state a Lua node reads and returns, as far as its text shows.
 *
 * Whatever is not plain (the state handed on whole, a key that is computed, a table that is
 * returned by name) makes the answer "not known"; what is known is never too little.
 */
import { type LuaToken, tokenizeLua } from './lua-tokens.ts';

/** Keys with the offset of their first use; undefined when there may be others. */
export interface StateUse {
  readonly reads: ReadonlyMap<string, number> | undefined;
  readonly writes: ReadonlyMap<string, number> | undefined;
}

const OPENERS: ReadonlySet<string> = new Set(['function', 'if', 'do', 'repeat']);
const CLOSERS: ReadonlySet<string> = new Set(['end', 'until']);
/** Words by which code may reach `state` without naming it. */
const BACK_DOORS: ReadonlySet<string> = new Set(['_G', '_ENV', 'load', 'setmetatable', 'debug']);
/** What may follow a `return` that gives nothing. */
const AFTER_BARE_RETURN: ReadonlySet<string> = new Set(['end', 'else', 'elseif', 'until', ';', 'nil']);

/** Reads and returns of the Lua text `code`. */
export function findStateUse(code: string): StateUse {
  const tokens = tokenizeLua(code);
  return { reads: findReads(tokens), writes: findWrites(tokens) };
}

function findReads(tokens: readonly LuaToken[]): ReadonlyMap<string, number> | undefined {
  const reads = new Map<string, number>();
  for (let index = 0; index < tokens.length; index += 1) {
    const { kind, value } = tokens[index] as LuaToken;
    const before = tokens[index - 1]?.value;
    if (kind !== 'name' || before === '.' || before === ':') continue;
    if (BACK_DOORS.has(value)) return undefined;
    if (value !== 'state') continue;
    const key = keyAfter(tokens, index + 1);
    if (key === undefined) return undefined;
    if (!reads.has(key.value)) reads.set(key.value, key.at);
  }
  return reads;
}

/** The next tokens as one text to look at: names are N, texts T, signs themselves. */
function shapeAt(tokens: readonly LuaToken[], index: number): string {
  const shapes = tokens.slice(index, index + 4).map(({ kind, value }) => {
    if (kind === 'sign') return value;
    if (kind === 'name') return 'N';
    // What stands in a text with escapes is not what it says.
    return kind === 'text' && !value.includes('\\') ? 'T' : '?';
  });
  return shapes.join(' ');
}

/** The key of `.key` or `["key"]` at `index`; undefined for anything else, and where it is set in the node's own copy. */
function keyAfter(tokens: readonly LuaToken[], index: number): LuaToken | undefined {
  return /^(?:\. N|\[ T \])(?! =(?: |$))/.test(shapeAt(tokens, index)) ? tokens[index + 1] : undefined;
}

function findWrites(tokens: readonly LuaToken[]): ReadonlyMap<string, number> | undefined {
  const writes = new Map<string, number>();
  for (const index of ownReturns(tokens)) {
    const next = tokens[index];
    if (next === undefined || (next.kind !== 'text' && AFTER_BARE_RETURN.has(next.value))) continue;
    const keys = next.kind === 'sign' && next.value === '{' ? keysOfTable(tokens, index + 1) : undefined;
    if (keys === undefined) return undefined;
    for (const key of keys) if (!writes.has(key.value)) writes.set(key.value, key.at);
  }
  return writes;
}

/** Where what the chunk itself returns begins; what an inner function returns is no update of the state. */
function* ownReturns(tokens: readonly LuaToken[]): Generator<number> {
  const blocks: string[] = [];
  let functionCount = 0;
  for (const [index, { kind, value }] of tokens.entries()) {
    if (kind !== 'name') continue;
    if (OPENERS.has(value)) blocks.push(value);
    if (value === 'function') functionCount += 1;
    if (CLOSERS.has(value) && blocks.pop() === 'function') functionCount -= 1;
    if (value === 'return' && functionCount === 0) yield index + 1;
  }
}

/** The keys of the table whose first token is at `start`; undefined when one is computed or missing. */
function keysOfTable(tokens: readonly LuaToken[], start: number): readonly LuaToken[] | undefined {
  const keys: LuaToken[] = [];
  let depth = 1;
  let isFieldStart = true;
  for (let index = start; index < tokens.length; index += 1) {
    const { kind, value } = tokens[index] as LuaToken;
    const sign = kind === 'sign' ? value : ' ';
    if (kind === 'name' && value === 'function') return undefined;
    if (isFieldStart && sign !== '}') {
      const key = fieldKey(tokens, index);
      if (key === undefined) return undefined;
      keys.push(key);
    }
    isFieldStart = depth === 1 && (sign === ',' || sign === ';');
    depth += Number('{(['.includes(sign)) - Number('})]'.includes(sign));
    if (depth === 0) return keys;
  }
  return undefined;
}

function fieldKey(tokens: readonly LuaToken[], index: number): LuaToken | undefined {
  const shape = shapeAt(tokens, index);
  if (/^N =(?: |$)/.test(shape)) return tokens[index];
  return /^\[ T \] =(?: |$)/.test(shape) ? tokens[index + 1] : undefined;
}
