/**
 * Errors as clients see them: `application/problem+json` (RFC 9457).
 *
 * Invariant: what goes out is the catalogue's words and sentences written for clients; never
 * a stack, a file's path or the text of an exception.
 */
import {
  ERROR_FACTS,
  type ErrorCode,
  isErrorCode,
  type JsonObject,
  type JsonValue,
  MoonpoolError,
  type RunId,
} from '../core/index.ts';
import type { Reply } from '../fallback/index.ts';

/** One thing wrong with a request. */
export interface InputProblem {
  /** Where: `query`, `path` or `body`. */
  readonly in: 'query' | 'path' | 'body';
  /** The parameter's name, or the place in the body as the schema check names it. */
  readonly name: string;
  /** What is wrong, without the name. */
  readonly message: string;
}

/** Raised while a request is read; its message is written for the client. */
export class RequestError extends MoonpoolError {
  override readonly name = 'RequestError';
  readonly headers: { readonly [name: string]: string };

  constructor(
    code: ErrorCode,
    message: string,
    more: { details?: JsonObject; headers?: { readonly [name: string]: string } } = {},
  ) {
    super(code, message, more.details === undefined ? {} : { details: more.details });
    this.headers = more.headers ?? {};
  }
}

/** An error's code, BUG_INVARIANT for what is not ours. Never throws. */
export function codeOf(error: unknown): ErrorCode {
  try {
    const code = (error as { code?: unknown } | null | undefined)?.code;
    return typeof code === 'string' && isErrorCode(code) ? code : 'BUG_INVARIANT';
  } catch {
    return 'BUG_INVARIANT';
  }
}

/** True when the client has to change its request: not a failure of ours, so no rung below may hide it. */
export function isRefusal(code: ErrorCode): boolean {
  const { http } = ERROR_FACTS[code];
  return http >= 400 && http < 499;
}

/** The problem document of a code; `detail` is a sentence for the client. */
export function problemReply(
  code: ErrorCode,
  detail: string,
  more: { details?: JsonObject; headers?: Reply['headers'] } = {},
): Reply {
  const { http: status, about } = ERROR_FACTS[code];
  const problem: { [key: string]: JsonValue } = {
    type: `urn:moonpool:error:${code}`,
    title: about,
    status,
    code,
    detail,
  };
  for (const key of ['errors', 'run_id']) {
    const value = more.details?.[key];
    if (value !== undefined) problem[key] = value;
  }
  const retry: Reply['headers'] = status === 503 ? { 'retry-after': '1' } : {};
  return {
    status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...retry,
      ...more.headers,
    },
    body: Buffer.from(`${JSON.stringify(problem)}\n`),
  };
}

/**
 * The problem document of anything that was thrown: its own words only when they were written for clients.
 *
 * @param runId the run that failed, if one began
 */
export function problemOf(error: unknown, runId?: RunId): Reply {
  if (error instanceof RequestError) {
    return problemReply(error.code, error.message, { details: error.details, headers: error.headers });
  }
  const code = codeOf(error);
  const details: JsonObject = runId === undefined ? {} : { run_id: runId };
  return problemReply(code, `${ERROR_FACTS[code].about} The server's log says more.`, { details });
}
