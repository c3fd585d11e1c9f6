/**
 * Options of what no single component owns: limits of a run, allowed files and variables, the
 * log, how many requests are let in. Components' own tables stand beside their code; `app`
 * puts all of them into one tree.
 */
import {
  bytes,
  choice,
  duration,
  type Field,
  int,
  KIB,
  MIB,
  MINUTE_MS,
  type Resolved,
  type Table,
  text,
  texts,
} from '../core/index.ts';

/** `limits.*`: what one run may take. */
export const LIMIT_OPTIONS = {
  stateBytes: bytes({
    key: 'state_bytes',
    fallback: 1 * MIB,
    min: 1 * KIB,
    max: 16 * MIB,
    about: 'Largest state of a run, as JSON.',
  }),
  flowLuaTimeoutMs: duration({
    key: 'flow.lua_timeout',
    fallback: 1 * MINUTE_MS,
    min: 1,
    max: 10 * MINUTE_MS,
    about: 'Most that a flow may ask for in settings.lua.timeout; more is cut, with a warning.',
  }),
} satisfies Table;

/** `files.*`: which files flows may use. */
export const FILE_OPTIONS = {
  root: text({
    key: 'root',
    fallback: '.',
    maxLength: 4096,
    about:
      'Folder that file actions may read. A relative one starts at the folder of the flow; . is that folder itself.',
  }),
  secretsFolder: text({
    key: 'secrets_folder',
    fallback: '',
    maxLength: 4096,
    about:
      'Folder whose files are secrets, each under the name of its file, as containers mount them. A relative one starts at the folder of the configuration file. File actions may not touch it.',
  }),
} satisfies Table;

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** A list of names of environment variables; anything else in it is out of range. */
function variableNames(field: Field<readonly string[]>): Field<readonly string[]> {
  return {
    ...field,
    range: `${field.range}, each the name of an environment variable`,
    parse(value) {
      const names = field.parse(value);
      return names?.every((name) => VARIABLE_NAME.test(name)) === true ? names : undefined;
    },
  };
}

/** `env.*`: what flows see of the environment. */
export const ENV_OPTIONS = {
  allow: variableNames(
    texts({
      key: 'allow',
      fallback: [],
      maxCount: 64,
      about: 'Environment variables that flows may read as env.NAME; their values are read once, at start.',
    }),
  ),
} satisfies Table;

/** `log.*`: what is written. */
export const LOG_OPTIONS = {
  level: choice({
    key: 'level',
    fallback: 'info',
    words: ['debug', 'info', 'warn', 'error'],
    about: 'The least serious lines that are written.',
  }),
} satisfies Table;

/** `admission.*`: how many requests are in hand at once. */
export const ADMISSION_OPTIONS = {
  concurrentCount: int({
    key: 'concurrent',
    fallback: 64,
    min: 1,
    max: 10_000,
    about: 'Requests to endpoint flows that are worked on at once.',
  }),
  queueCount: int({
    key: 'queue',
    fallback: 256,
    min: 1,
    max: 10_000,
    about: 'Requests that may wait to be worked on; one more is refused with ADMIT_FULL.',
  }),
  queueWaitMs: duration({
    key: 'queue_wait',
    fallback: 1_000,
    min: 1,
    max: 10 * MINUTE_MS,
    about: 'How long a request may wait before it is refused with ADMIT_FULL.',
  }),
} satisfies Table;

/** Resolved `limits.*` options. */
export type LimitOptions = Resolved<typeof LIMIT_OPTIONS>;
/** Resolved `files.*` options. */
export type FileOptions = Resolved<typeof FILE_OPTIONS>;
/** Resolved `env.*` options. */
export type EnvOptions = Resolved<typeof ENV_OPTIONS>;
/** Resolved `log.*` options. */
export type LogOptions = Resolved<typeof LOG_OPTIONS>;
/** Resolved `admission.*` options. */
export type AdmissionOptions = Resolved<typeof ADMISSION_OPTIONS>;
