/**
 * How a machine fails: the error its callers see, and the problems that become one.
 */
import { type ErrorCode, type JsonObject, MoonpoolError } from '../../core/index.ts';

/** Codes a machine raises, `LUA_TIMEOUT` only where the count hook is armed. `LUA_OVERLOADED` belongs to the lanes. */
export type LuaFailureCode = Extract<
  ErrorCode,
  'LUA_RAISED' | 'LUA_MEMORY' | 'LUA_STACK' | 'LUA_VALUE' | 'LUA_TIMEOUT'
>;

/**
 * A call into Lua that did not give a value.
 *
 * `details`: `chunk` (its name), `line` (of the file), `code_line` (of the chunk's own text),
 * `traceback`; the last three only where they are known; for `LUA_TIMEOUT` also `limit`
 * (`instructions` or `deadline`).
 */
export class LuaError extends MoonpoolError {
  override readonly name = 'LuaError';
  /** What the code had printed until then. */
  readonly logs: readonly string[];

  constructor(
    code: LuaFailureCode,
    message: string,
    more: { details: JsonObject; logs: readonly string[]; cause?: unknown },
  ) {
    super(code, message, more);
    this.logs = more.logs;
  }
}

/** A value that cannot cross. Becomes `LUA_VALUE`, or a Lua error inside `json.*`. Never leaves the folder. */
export class ValueProblem extends Error {
  override readonly name = 'ValueProblem';
  /** Where in the value it is, outermost step first: filled in while the problem travels outwards. */
  readonly steps: (string | number)[] = [];
}

/** A protected call that ended with another status than ok; the error object is on the stack. Never leaves the folder. */
export class RaisedStatus extends Error {
  override readonly name = 'RaisedStatus';
  readonly status: number;

  constructor(status: number) {
    super('A Lua call failed.');
    this.status = status;
  }
}

/** `text` cut to `maxLength` UTF-16 units, with a mark where it was cut; never splits a character. */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const kept = text.slice(0, maxLength - 1);
  return `${kept.isWellFormed() || !text.isWellFormed() ? kept : kept.slice(0, -1)}…`;
}
