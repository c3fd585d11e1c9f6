/**
 * A stream of server-sent events to one client: never ahead of it, never silent for long.
 *
 * Invariant: nothing is taken from the frames while `MAX_UNSENT_BYTES` wait for the client, so one
 * that reads nothing holds that and one frame, and is cut off after `STALL_MS`.
 */
import type { ServerResponse } from 'node:http';
import { type Clock, KIB, SECOND_MS } from '../core/index.ts';

/** A comment this often when nothing happens: whatever lies between notices that the line is in use. */
const HEARTBEAT_MS = 15 * SECOND_MS;
/** A client that takes nothing for so long is cut off. */
const STALL_MS = 30 * SECOND_MS;

/** Absorbs a burst; a client that is behind by more has to catch up first. */
const MAX_UNSENT_BYTES = 256 * KIB;

/** What a stream goes out with. Compression and buffering on the way would hold events back. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  connection: 'close',
} as const;

/** How a stream ended. */
export type StreamEnd = 'done' | 'cut' | 'gone' | 'stopped';

/**
 * Sends `frames` to their end; the head has been written. Never rejects.
 *
 * @param signal stops the stream, which then ends whole
 * @returns `cut` when the frames failed or the client took nothing; `gone` when it left
 */
export async function sendEventStream(
  response: ServerResponse,
  frames: AsyncIterable<Uint8Array>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<StreamEnd> {
  const stopHeartbeat = beat(response, clock);
  const isGone = (): boolean => response.destroyed;
  try {
    for await (const frame of frames) {
      if (isGone()) return 'gone';
      response.write(frame);
      if (response.writableLength <= MAX_UNSENT_BYTES) continue;
      if (!(await isDrained(response, clock))) return cut(response, isGone());
    }
    response.end();
    return 'done';
  } catch {
    if (isGone()) return 'gone';
    if (!signal.aborted) return cut(response, false);
    response.end(': the server is stopping\n\n');
    return 'stopped';
  } finally {
    stopHeartbeat();
  }
}

/** Ends the connection in the middle, so that the client knows that something is missing. */
function cut(response: ServerResponse, isGone: boolean): StreamEnd {
  response.destroy();
  return isGone ? 'gone' : 'cut';
}

function beat(response: ServerResponse, clock: Clock): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.after(HEARTBEAT_MS, () => {
      if (!response.destroyed && !response.writableNeedDrain) response.write(':\n\n');
      next();
    });
  };
  next();
  return () => cancel();
}

/** False when the client took nothing for too long, or left. */
function isDrained(response: ServerResponse, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isTaken: boolean): void => {
      cancel();
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve(isTaken);
    };
    const onDrain = (): void => settle(true);
    const onClose = (): void => settle(false);
    const cancel = clock.after(STALL_MS, onClose);
    response.once('drain', onDrain);
    response.once('close', onClose);
    if (response.destroyed) onClose();
  });
}
