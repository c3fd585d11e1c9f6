/**
 * `server.*`: where the server listens and what one client may take.
 */
import {
  bytes,
  duration,
  int,
  KIB,
  MIB,
  MINUTE_MS,
  type Resolved,
  SECOND_MS,
  type Table,
  text,
  texts,
} from '../core/index.ts';

/** `server.*`. Must hold: `headers_timeout` ≤ `handler_timeout` < `request_timeout`. */
export const SERVER_OPTIONS = {
  port: int({ key: 'port', fallback: 8080, min: 0, max: 65_535, about: 'TCP port; 0 lets the system pick one.' }),
  host: text({ key: 'host', fallback: '127.0.0.1', maxLength: 255, about: 'Address or name to listen on.' }),
  hosts: texts({
    key: 'hosts',
    fallback: [],
    maxCount: 64,
    about:
      'Further names under which clients reach this server; loopback names and the address listened on always count.',
  }),
  token: text({
    key: 'token',
    fallback: '',
    maxLength: 512,
    about: 'Bearer token of routes that ask for one; empty means the one kept in the data folder.',
  }),
  requestTimeoutMs: duration({
    key: 'request_timeout',
    fallback: 30 * SECOND_MS,
    min: 100,
    max: 10 * MINUTE_MS,
    about: 'From the first byte of a request to the last byte of its answer.',
  }),
  handlerTimeoutMs: duration({
    key: 'handler_timeout',
    fallback: 25 * SECOND_MS,
    min: 50,
    max: 10 * MINUTE_MS,
    about: 'For making an answer, waiting for a turn included; then the last good answer is given.',
  }),
  headersTimeoutMs: duration({
    key: 'headers_timeout',
    fallback: 10 * SECOND_MS,
    min: 50,
    max: 10 * MINUTE_MS,
    about: 'For a client to send the head of a request.',
  }),
  keepAliveTimeoutMs: duration({
    key: 'keep_alive_timeout',
    fallback: 5 * SECOND_MS,
    min: 50,
    max: 10 * MINUTE_MS,
    about: 'How long a connection without a request stays open.',
  }),
  maxConnectionCount: int({
    key: 'max_connections',
    fallback: 512,
    min: 1,
    max: 10_000,
    about: 'Open connections; further ones are closed at once.',
  }),
  maxBodyBytes: bytes({
    key: 'max_body',
    fallback: MIB,
    min: 1 * KIB,
    max: 16 * MIB,
    about: 'Largest request body; an endpoint may ask for less.',
  }),
  zone: text({
    key: 'zone',
    fallback: 'UTC',
    maxLength: 100,
    about: 'Time zone in which a page says how old it is.',
  }),
} satisfies Table;

/** Resolved `server.*` options. */
export type ServerOptions = Resolved<typeof SERVER_OPTIONS>;

/** How many requests to endpoint flows are in hand at once (`admission.*`). */
export interface AdmissionLimits {
  /** Worked on at once. */
  readonly concurrentCount: number;
  /** Waiting; one more is refused with ADMIT_FULL. */
  readonly queueCount: number;
  /** Longest wait, ms. */
  readonly queueWaitMs: number;
}

/** True for a host that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return (
    name === 'localhost' ||
    name === '::1' ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    /^::ffff:127(\.\d{1,3}){3}$/.test(name)
  );
}
