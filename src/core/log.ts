/**
 * The port through which every folder logs. `app` decides where lines go.
 */
import type { JsonObject } from './json.ts';

/** Event names are `noun.verb`; fields are snake_case and hold no secrets. */
export interface Log {
  debug(event: string, fields?: JsonObject): void;
  info(event: string, fields?: JsonObject): void;
  warn(event: string, fields?: JsonObject): void;
  error(event: string, fields?: JsonObject): void;
}

/** A log that keeps nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
