/**
 * Puts what went wrong in a call into the `LuaError` that its caller sees.
 */
import { formatSize, type JsonObject } from '../../core/index.ts';
import type { SoftLimit } from './count-hook.ts';
import type { CodePlace, RaisedAt } from './error-trace.ts';
import { cutText, LuaError } from './failure.ts';
import type { LuaImage } from './image.ts';
import { STATUS } from './lua-api.ts';

/** The call that failed. */
export interface FailedCall {
  readonly image: LuaImage;
  readonly chunkIndex: number;
  readonly logs: readonly string[];
  readonly memoryBytes: number;
}

/** What went wrong. */
export type CallFailure =
  | { readonly kind: 'memory' }
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'stopped'; readonly limit: SoftLimit; readonly at: CodePlace | undefined }
  | { readonly kind: 'trap'; readonly thrown: unknown }
  | { readonly kind: 'raised'; readonly status: number; readonly text: string; readonly at: RaisedAt | undefined };

const MAX_MESSAGE_LENGTH = 2000;

/** The error for a failed call. Only a fault of ours comes back as what was thrown. */
export function describeFailure(call: FailedCall, failure: CallFailure): unknown {
  const { logs } = call;
  const name = call.image.layout.chunks[call.chunkIndex]?.name ?? '';
  const details = { chunk: name };
  switch (failure.kind) {
    case 'memory':
      return memoryError(call, details);
    case 'value':
      return new LuaError('LUA_VALUE', `A value of "${name}" cannot cross between JSON and Lua: ${failure.text}.`, {
        details,
        logs,
      });
    case 'stopped':
      return stoppedError(call, failure);
    case 'trap':
      // A `RangeError` is the platform's stack, a `RuntimeError` the module's own.
      if (!isStackTrap(failure.thrown)) return failure.thrown;
      return new LuaError('LUA_STACK', `The Lua code of "${name}" recursed deeper than the stack allows.`, {
        ...{ details, logs, cause: failure.thrown },
      });
    case 'raised': {
      if (failure.status === STATUS.memory) return memoryError(call, details);
      const text = cutText(failure.text, MAX_MESSAGE_LENGTH);
      const more = { details: { ...details, ...placeOf(call.image, failure.at) }, logs };
      if (failure.status === STATUS.handler || failure.at?.isOverflow === true) {
        return new LuaError(
          'LUA_STACK',
          `The Lua code of "${name}" recursed deeper than the stack allows: ${text}`,
          more,
        );
      }
      return new LuaError('LUA_RAISED', `The Lua code of "${name}" raised an error: ${text}`, more);
    }
  }
}

function memoryError(call: FailedCall, details: { readonly chunk: string }): LuaError {
  const limit = formatSize(call.memoryBytes);
  return new LuaError(
    'LUA_MEMORY',
    `The Lua code of "${details.chunk}" asked for more memory than its limit of ${limit}; let it hold less at a time or raise lua.memory.`,
    { details, logs: call.logs },
  );
}

function stoppedError(
  call: FailedCall,
  stop: { readonly limit: SoftLimit; readonly at: CodePlace | undefined },
): LuaError {
  const name = call.image.layout.chunks[call.chunkIndex]?.name ?? '';
  const what = stop.limit === 'instructions' ? 'more instructions than its limit' : 'longer than its limit';
  const where = stop.at === undefined ? '' : `, at line ${stop.at.line}`;
  return new LuaError('LUA_TIMEOUT', `The Lua code of "${name}" ran ${what} and was ended${where}.`, {
    details: { chunk: name, ...placeOf(call.image, stop.at), limit: stop.limit },
    logs: call.logs,
  });
}

function isStackTrap(thrown: unknown): boolean {
  return thrown instanceof RangeError || (thrown instanceof Error && thrown.name === 'RuntimeError');
}

function placeOf(image: LuaImage, at: Partial<RaisedAt> | undefined): JsonObject {
  if (at === undefined) return {};
  const chunk = image.layout.chunks.find(({ name }) => name === at.chunk);
  return {
    ...(at.chunk === undefined ? {} : { chunk: at.chunk }),
    ...(at.line === undefined ? {} : { line: at.line }),
    ...(at.line === undefined || chunk === undefined ? {} : { code_line: at.line - chunk.line + 1 }),
    ...(at.traceback === undefined ? {} : { traceback: at.traceback }),
  };
}
