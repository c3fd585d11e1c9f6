/**
 * Ports of the engine with every secret value struck out of what goes through them.
 */
import type { HealthPort, JsonObject, Log } from '../core/index.ts';
import type { BlobStore } from '../engine/index.ts';
import type { Secrets } from './secrets.ts';

/** A log that writes no value. */
export function strikeLog(log: Log, secrets: Secrets): Log {
  const level =
    (write: (event: string, fields?: JsonObject) => void) =>
    (event: string, fields?: JsonObject): void => {
      if (fields === undefined) write(event);
      else write(event, secrets.strike(fields));
    };
  return {
    debug: level((event, fields) => log.debug(event, fields)),
    info: level((event, fields) => log.info(event, fields)),
    warn: level((event, fields) => log.warn(event, fields)),
    error: level((event, fields) => log.error(event, fields)),
  };
}

/** Health that shows no value. */
export function strikeHealth(health: HealthPort, secrets: Secrets): HealthPort {
  return {
    report(part, status, reason) {
      const told = secrets.strikeText(part);
      if (reason === undefined) health.report(told, status);
      else health.report(told, status, secrets.strikeText(reason));
    },
  };
}

/** A store that keeps no value: blobs are struck while they are written. */
export function strikeBlobs(blobs: BlobStore, secrets: Secrets): BlobStore {
  const { strikeBytes } = secrets;
  if (strikeBytes === undefined) return blobs;
  return {
    put: (runId, source, options) => blobs.put(runId, strikeBytes(source), options),
    read: (blob, signal) => blobs.read(blob, signal),
    release: (runId) => blobs.release(runId),
  };
}
