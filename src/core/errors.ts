/**
 * The one catalogue of error codes, and the base class of every error we raise.
 *
 * The code is the contract: retry, HTTP status and exit code are read from here and nowhere
 * else. An error that crosses a thread or the journal becomes `ErrorData` and is matched by
 * its code, never by class or message. Invariant: a code is never renamed or reused.
 */
import type { JsonObject } from './json.ts';

/** What a code means to each door: HTTP status, exit code, whether another try may help, one sentence. */
export interface ErrorFacts {
  readonly http: number;
  readonly exit: number;
  readonly retryable: boolean;
  readonly about: string;
}

/** Every code Moonpool can report. `docs/reference/errors.md` is checked against this table in both directions. */
export const ERROR_FACTS = {
  SPEC_SYNTAX: { http: 400, exit: 2, retryable: false, about: 'A flow file is not well-formed YAML.' },
  SPEC_INVALID: { http: 400, exit: 2, retryable: false, about: 'A flow file breaks a rule of the flow language.' },
  SPEC_UNKNOWN_KEY: {
    http: 400,
    exit: 2,
    retryable: false,
    about: 'A flow file has a key that the language does not know.',
  },
  SPEC_UNKNOWN_ACTION: { http: 400, exit: 2, retryable: false, about: 'A node uses an action that is not registered.' },
  SPEC_UNKNOWN_TARGET: {
    http: 400,
    exit: 2,
    retryable: false,
    about: 'A goto, edge or join names a node that does not exist.',
  },
  SPEC_LANGUAGE: {
    http: 400,
    exit: 2,
    retryable: false,
    about: 'A node is written in a language that Moonpool does not run.',
  },
  SPEC_LUA: { http: 400, exit: 2, retryable: false, about: 'A Lua node does not compile.' },
  SPEC_TEMPLATE: {
    http: 400,
    exit: 2,
    retryable: false,
    about: 'A template or expression in a flow file does not parse.',
  },
  SPEC_LIMIT: { http: 400, exit: 2, retryable: false, about: 'A flow asks for more than the configuration allows.' },
  SPEC_IGNORED: { http: 400, exit: 2, retryable: false, about: 'A key of the original dialect has no meaning here.' },
  SPEC_UNREACHABLE: { http: 400, exit: 2, retryable: false, about: 'A node cannot be reached from the entry.' },
  SPEC_DEAD_KEY: {
    http: 400,
    exit: 2,
    retryable: false,
    about: 'A state key is written and never read, or read and never written.',
  },
  SPEC_PATH_TAKEN: {
    http: 409,
    exit: 2,
    retryable: false,
    about: 'Two flows share a name or a path, or a flow wants a path the server keeps.',
  },
  LUA_RAISED: { http: 500, exit: 1, retryable: false, about: 'Lua code raised an error.' },
  LUA_TIMEOUT: { http: 504, exit: 1, retryable: true, about: 'A Lua node ran past its time limit and was ended.' },
  LUA_MEMORY: { http: 500, exit: 1, retryable: false, about: 'A Lua machine asked for more memory than its limit.' },
  LUA_STACK: { http: 500, exit: 1, retryable: false, about: 'Lua code recursed deeper than the stack allows.' },
  LUA_VALUE: { http: 500, exit: 1, retryable: false, about: 'A value cannot cross between JSON and Lua.' },
  LUA_OVERLOADED: { http: 503, exit: 1, retryable: true, about: 'No Lua lane was free in time.' },
  EXPR_FAILED: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'An expression or template failed while it was evaluated.',
  },
  EXPR_LIMIT: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'An expression or template did more work or made more output than it may.',
  },
  FLOW_INPUT: {
    http: 422,
    exit: 2,
    retryable: false,
    about: 'The input of a run does not fit what the flow asks for.',
  },
  FLOW_NOT_WAITING: {
    http: 409,
    exit: 2,
    retryable: false,
    about: 'Input was given to a run that does not wait for it.',
  },
  FLOW_NO_ROUTE: { http: 500, exit: 1, retryable: false, about: 'No goto rule or edge of a node applied.' },
  FLOW_STEP_LIMIT: { http: 500, exit: 1, retryable: false, about: 'A run took more node steps than it may.' },
  FLOW_ITEMS: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'The items of a dynamic fan-out are no list, or too many.',
  },
  FLOW_LOOP_LIMIT: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'A loop reached its maximum of iterations, which the flow calls a failure.',
  },
  FLOW_BREAKER: {
    http: 503,
    exit: 1,
    retryable: true,
    about: 'A circuit breaker is open: what it guards failed too often lately.',
  },
  FLOW_TIMEOUT: { http: 504, exit: 1, retryable: true, about: 'A run did not end within its time limit.' },
  FLOW_CANCELLED: { http: 499, exit: 1, retryable: false, about: 'A run was cancelled.' },
  FLOW_ACTION: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'An action was called with something it cannot use, or failed.',
  },
  FLOW_WORK_LIMIT: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'A heavy job needed more time or memory than it may take and was ended.',
  },
  FLOW_WORK_BUSY: { http: 503, exit: 1, retryable: true, about: 'Too many heavy jobs wait for the work thread.' },
  FLOW_RATE_LIMITED: {
    http: 503,
    exit: 1,
    retryable: true,
    about: 'A rate limiter would have let a call through only after the longest wait it asked for.',
  },
  FLOW_SECRET: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'A secret is not there, or the flow or the host called may not have it.',
  },
  STORE_FULL: {
    http: 507,
    exit: 1,
    retryable: false,
    about: 'The data folder has no room left, or a record is larger than it may be.',
  },
  STORE_IO: { http: 500, exit: 1, retryable: true, about: 'A file in the data folder could not be read or written.' },
  STORE_LOCKED: { http: 503, exit: 3, retryable: true, about: 'Another process owns the data folder.' },
  CONN_TIMEOUT: { http: 504, exit: 1, retryable: true, about: 'A remote host did not answer within the time limit.' },
  CONN_CONNECT: { http: 502, exit: 1, retryable: true, about: 'A remote host could not be reached.' },
  CONN_STATUS: { http: 502, exit: 1, retryable: true, about: 'A remote host answered with an error status.' },
  CONN_OVERLOADED: { http: 503, exit: 1, retryable: true, about: 'Every connection is in use and the queue is full.' },
  CONN_TOO_LARGE: { http: 502, exit: 1, retryable: false, about: 'A remote answer is larger than it may be.' },
  CONN_FORBIDDEN: { http: 502, exit: 1, retryable: false, about: 'An address or protocol that flows may not reach.' },
  CONN_BODY: { http: 502, exit: 1, retryable: true, about: 'A remote answer ended early or could not be decoded.' },
  CONN_CLOSED: { http: 503, exit: 1, retryable: false, about: 'The connections were already shut down.' },
  HTTP_NOT_FOUND: { http: 404, exit: 1, retryable: false, about: 'Nothing is served at this method and path.' },
  HTTP_GONE: {
    http: 410,
    exit: 1,
    retryable: false,
    about: 'What was asked for was there once and is kept no longer.',
  },
  HTTP_HOST: {
    http: 421,
    exit: 1,
    retryable: false,
    about: 'The Host header names a host this server does not answer for.',
  },
  HTTP_ORIGIN: { http: 403, exit: 1, retryable: false, about: 'A page of another origin may not change state here.' },
  HTTP_CONTENT_TYPE: { http: 415, exit: 1, retryable: false, about: 'The request body must be JSON.' },
  HTTP_BODY: { http: 400, exit: 1, retryable: false, about: 'The request body is not valid JSON.' },
  HTTP_TOO_LARGE: { http: 413, exit: 1, retryable: false, about: 'The request body is larger than it may be.' },
  HTTP_METHOD: { http: 405, exit: 1, retryable: false, about: 'This path is served, but not for this method.' },
  HTTP_PORT_TAKEN: { http: 500, exit: 3, retryable: false, about: 'The port to listen on is taken.' },
  HTTP_REQUEST: { http: 400, exit: 1, retryable: false, about: 'The request is not valid HTTP for this server.' },
  HTTP_SLOW: { http: 408, exit: 1, retryable: true, about: 'The request did not arrive within the time limit.' },
  HTTP_UNAVAILABLE: {
    http: 503,
    exit: 1,
    retryable: true,
    about: 'The server could not make this answer and has no earlier one to show.',
  },
  AUTH_REQUIRED: { http: 401, exit: 1, retryable: false, about: 'A valid bearer token is required.' },
  ADMIT_FULL: { http: 503, exit: 1, retryable: true, about: 'The server has as many requests in hand as it may.' },
  CONFIG_INVALID: {
    http: 400,
    exit: 2,
    retryable: false,
    about: 'The configuration has unknown keys or values out of range.',
  },
  CLI_USAGE: { http: 400, exit: 2, retryable: false, about: 'The command was called with arguments it does not take.' },
  CLI_FILE: { http: 400, exit: 2, retryable: false, about: 'A file named on the command line cannot be read.' },
  CLI_MACHINE: { http: 500, exit: 3, retryable: false, about: 'This machine cannot run Moonpool.' },
  BUG_INVARIANT: {
    http: 500,
    exit: 1,
    retryable: false,
    about: 'Moonpool broke one of its own rules; please report it.',
  },
} as const satisfies Record<string, ErrorFacts>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERROR_FACTS;

/** True when `text` is a code of the catalogue. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_FACTS, text);
}

/** An error as data: what crosses threads, is stored, logged and sent. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: JsonObject;
}

/** The base of every error Moonpool raises on purpose. */
export class MoonpoolError extends Error {
  override readonly name: string = 'MoonpoolError';
  /** The contract: see {@link ERROR_FACTS}. */
  readonly code: ErrorCode;
  /** JSON only: it is stored, logged and sent, so it holds no secret. */
  readonly details: JsonObject;

  constructor(code: ErrorCode, message: string, more: { details?: JsonObject; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.details = more.details ?? {};
  }
}

/** True for a live error and for one read back from a thread or the journal. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
}

/** What was thrown, as text, whatever it was. */
function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    // An object without a prototype, or one whose toString throws.
    return 'a value that has no text';
  }
}

/** The error as data. Anything that is not ours becomes `BUG_INVARIANT` with its message. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof MoonpoolError) {
    const hasDetails = Object.keys(error.details).length > 0;
    return { code: error.code, message: error.message, ...(hasDetails ? { details: error.details } : {}) };
  }
  return { code: 'BUG_INVARIANT', message: `Unexpected: ${messageOf(error)}` };
}

/** A live error from data, for callers that throw. */
export function fromErrorData(data: ErrorData): MoonpoolError {
  return new MoonpoolError(data.code, data.message, data.details === undefined ? {} : { details: data.details });
}
