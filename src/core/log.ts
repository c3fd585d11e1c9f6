/**
 * The port through which every folder logs. `app` decides where lines go.
 */
import type { JsonObject } from './json.ts';

/** Event names are `noun.verb`; fields are snake_case and hold no secrets. */
export interface Log {
  /** For the one who looks for a fault; off by default. */
  debug(event: string, fields?: JsonObject): void;
  /** Something worth knowing happened. */
  info(event: string, fields?: JsonObject): void;
  /** Something is worse than it should be; the program goes on by itself. */
  warn(event: string, fields?: JsonObject): void;
  /** Something failed that a person should look at. */
  error(event: string, fields?: JsonObject): void;
}

/** A log that keeps nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
