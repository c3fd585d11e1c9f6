/**
 * Profiles: partial overlays over the defaults for kinds of machine.
 *
 * A profile names only what differs. Its maxima tighten a table's own; they never widen one.
 */
import type { JsonValue } from '../core/index.ts';

/** Values by dotted path for one kind of machine. */
export interface Profile {
  readonly name: string;
  readonly settings: { readonly [path: string]: JsonValue };
  /** Largest values this profile lets anyone set, by path, as a user would write them. */
  readonly maxima: { readonly [path: string]: JsonValue };
}

const DEFAULT: Profile = { name: 'default', settings: {}, maxima: {} };

const PI_ZERO_2W: Profile = {
  name: 'pi-zero-2w',
  settings: {
    'server.request_timeout': '10s',
    'server.handler_timeout': '8s',
    'server.headers_timeout': '5s',
    'server.max_connections': 128,
    'server.max_body': '256KiB',
    'http.pool.total': 4,
    'http.pool.per_host': 2,
    'http.timeouts.connect': '5s',
    'http.timeouts.headers': '8s',
    'http.timeouts.body': '10s',
    'http.timeouts.total': '15s',
    'lua.memory': '8MiB',
    'lua.lanes': 1,
    'limits.state_bytes': '256KiB',
    'admission.concurrent': 16,
    'admission.queue': 64,
    'admission.queue_wait': '1s',
  },
  maxima: { 'http.pool.total': 50, 'http.pool.per_host': 15 },
};

const PHASE_2A: Profile = {
  name: 'phase-2a',
  settings: {
    'http.pool.total': 50,
    'http.pool.per_host': 15,
    'http.idle': '30s',
    'lua.lanes': 1,
  },
  maxima: {},
};

/** Every profile by name, `auto` excepted: that one chooses among these. */
export const PROFILES: { readonly [name: string]: Profile } = {
  default: DEFAULT,
  'pi-zero-2w': PI_ZERO_2W,
  'phase-2a': PHASE_2A,
};

/** What `--profile` takes. */
export const PROFILE_NAMES: readonly string[] = ['auto', ...Object.keys(PROFILES)];

/** Below this much memory a machine is small, in bytes. */
const SMALL_MACHINE_BYTES = 1_000_000_000;

/**
 * The profile called `name`; `auto` is `pi-zero-2w` when `memoryBytes` is below 1 GB, else `default`.
 *
 * @returns undefined for an unknown name
 */
export function selectProfile(name: string, memoryBytes: number): Profile | undefined {
  if (name === 'auto') return memoryBytes < SMALL_MACHINE_BYTES ? PI_ZERO_2W : DEFAULT;
  return Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
}
