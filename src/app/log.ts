/**
 * Core's log port over pino: JSON lines for machines, one readable line each for a terminal.
 *
 * Invariant: logging never blocks or throws at the one who logs; when the reader is too slow
 * or the disk is full, lines are dropped and counted.
 */
import pino from 'pino';
import { type Clock, type JsonObject, type JsonValue, type Log, MIB, partsAtOffset } from '../core/index.ts';

/** The least serious lines that are written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where lines go and what they look like. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** File descriptor: 1 for `serve`, 2 for everything whose stdout is data. */
  readonly fd: number;
  /** `lines` for people at a terminal, `json` for everything else. */
  readonly form: 'json' | 'lines';
}

/** A log whose end can be waited for. */
export interface FlushableLog extends Log {
  /** Lines that were lost because nobody took them. */
  readonly droppedCount: number;
  /** Resolves when what was logged is written, after 1 s at the latest. Never rejects. */
  flush(): Promise<void>;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** Lines that wait for a slow reader; what comes on top is dropped. */
const MAX_WAITING_BYTES = MIB;
const FLUSH_TIMEOUT_MS = 1_000;
/** Keys every line has; a field of the same name gets a `_` behind it. */
const FIXED_KEYS: ReadonlySet<string> = new Set(['at_ms', 'level', 'event']);
const LEVEL_WORDS: Readonly<Record<LogLevel, string>> = {
  debug: 'debug',
  info: 'info ',
  warn: 'WARN ',
  error: 'ERROR',
};

/** A log to a file descriptor. */
export function createLog(options: LogOptions): FlushableLog {
  const { level, clock, fd, form } = options;
  let droppedCount = 0;
  let isWritten = true;
  const destination = pino.destination({ fd, sync: false, maxLength: MAX_WAITING_BYTES });
  const drop = (): void => {
    droppedCount += 1;
  };
  destination.on('drop', drop);
  // A reader that went away (EPIPE) or a full disk: there is no better place to say so.
  destination.on('error', drop);
  destination.on('drain', () => {
    isWritten = true;
  });
  const write = form === 'lines' ? lineWriter(options, destination) : jsonWriter(options, destination);
  const from = LEVELS.indexOf(level);
  const at = (lineLevel: LogLevel): Log['info'] => {
    if (LEVELS.indexOf(lineLevel) < from) return () => {};
    return (event, fields = {}) => {
      try {
        isWritten = false;
        write(lineLevel, event, fields);
      } catch {
        droppedCount += 1;
      }
    };
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    get droppedCount() {
      return droppedCount;
    },
    flush() {
      if (isWritten) return Promise.resolve();
      return new Promise((resolve) => {
        const cancelTimer = clock.after(FLUSH_TIMEOUT_MS, resolve);
        for (const event of ['drain', 'error', 'close']) {
          destination.once(event, () => {
            cancelTimer();
            resolve();
          });
        }
      });
    },
  };
}

type Write = (level: LogLevel, event: string, fields: JsonObject) => void;

function jsonWriter({ clock, level }: LogOptions, destination: pino.DestinationStream): Write {
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'event',
      timestamp: () => `,"at_ms":${clock.nowMs()}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (lineLevel, event, fields) => logger[lineLevel](renamed(fields), event);
}

function renamed(fields: JsonObject): JsonObject {
  const names = Object.keys(fields);
  if (!names.some((name) => FIXED_KEYS.has(name))) return fields;
  return Object.fromEntries(names.map((name) => [FIXED_KEYS.has(name) ? `${name}_` : name, fields[name] as JsonValue]));
}

function lineWriter({ clock }: LogOptions, destination: pino.DestinationStream): Write {
  return (level, event, fields) => {
    const { hour, minute, second } = partsAtOffset(clock.nowMs(), 0);
    const time = [hour, minute, second].map((value) => String(value).padStart(2, '0')).join(':');
    const shown = Object.keys(fields).map((name) => ` ${plain(name)}=${shownValue(fields[name] as JsonValue)}`);
    destination.write(`${time}Z ${LEVEL_WORDS[level]} ${plain(event)}${shown.join('')}\n`);
  };
}

function shownValue(value: JsonValue): string {
  if (typeof value === 'string' && /^[\w.:/@+-]{1,200}$/.test(value)) return value;
  return plain(JSON.stringify(value));
}

/** Text without the characters by which it could move a terminal's cursor or begin a line of its own. */
function plain(text: string): string {
  // Cc: control characters; Cf: invisible ones that turn the direction of text; Zl, Zp: line ends.
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
