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

/** The key of `.key` or `["key"]` at `index`; undefined for anything else. */
function keyAfter(tokens: readonly LuaToken[], index: number): LuaToken | undefined {
  const [open, key, close, then] = tokens.slice(index, index + 4);
  const isName = open?.value === '.' && open.kind === 'sign' && key?.kind === 'name';
  const isText = open?.value === '[' && key?.kind === 'text' && close?.value === ']' && !key.value.includes('\\');
  // A key that is set in the node's own copy says nothing of what the state had before.
  const next = isName ? close : then;
  const isSet = next?.kind === 'sign' && next.value === '=';
  return (isName || isText) && !isSet ? key : undefined;
}

function findWrites(tokens: readonly LuaToken[]): ReadonlyMap<string, number> | undefined {
  const writes = new Map<string, number>();
  const blocks: string[] = [];
  let functionCount = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const { kind, value } = tokens[index] as LuaToken;
    if (kind !== 'name') continue;
    if (OPENERS.has(value)) blocks.push(value);
    if (value === 'function') functionCount += 1;
    if (CLOSERS.has(value) && blocks.pop() === 'function') functionCount -= 1;
    // What an inner function returns is no update of the state.
    if (value !== 'return' || functionCount > 0) continue;
    const next = tokens[index + 1];
    if (next === undefined || (next.kind !== 'text' && AFTER_BARE_RETURN.has(next.value))) continue;
    if (next.value !== '{' || next.kind !== 'sign') return undefined;
    const keys = keysOfTable(tokens, index + 2);
    if (keys === undefined) return undefined;
    for (const key of keys) if (!writes.has(key.value)) writes.set(key.value, key.at);
  }
  return writes;
}

/** The keys of the table whose first token is at `start`; undefined when one is computed or missing. */
function keysOfTable(tokens: readonly LuaToken[], start: number): readonly LuaToken[] | undefined {
  const keys: LuaToken[] = [];
  let depth = 1;
  let isFieldStart = true;
  for (let index = start; index < tokens.length; index += 1) {
    const token = tokens[index] as LuaToken;
    const sign = token.kind === 'sign' ? token.value : '';
    if (token.kind === 'name' && token.value === 'function') return undefined;
    if (isFieldStart && depth === 1 && sign !== '}') {
      const key = fieldKey(tokens, index);
      if (key === undefined) return undefined;
      keys.push(key);
    }
    isFieldStart = depth === 1 && (sign === ',' || sign === ';');
    if ('{(['.includes(sign) && sign !== '') depth += 1;
    if ('})]'.includes(sign) && sign !== '') depth -= 1;
    if (depth === 0) return keys;
  }
  return undefined;
}

function fieldKey(tokens: readonly LuaToken[], index: number): LuaToken | undefined {
  const [first, second, third, fourth] = tokens.slice(index, index + 4);
  if (first?.kind === 'name' && second?.value === '=') return first;
  const isBracketed = first?.value === '[' && first.kind === 'sign' && second?.kind === 'text';
  return isBracketed && third?.value === ']' && fourth?.value === '=' && !second.value.includes('\\')
    ? second
    : undefined;
}
