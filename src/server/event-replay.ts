/**
 * The events of a run told again, as a stream whose reader sets the pace.
 *
 * A replay that is ahead of its reader is held back between two steps. Invariant: what waits to be
 * read is at most `MAX_WAITING_BYTES`, or a single event.
 */
import { MIB } from '../core/index.ts';
import type { RunEvent } from '../engine/index.ts';
import { StreamCut } from './stream-cut.ts';

/** Tells all events of a run; false when its journal is not complete any more. */
export type Telling = (
  onEvent: (event: RunEvent) => void,
  options: { readonly signal: AbortSignal; readonly ready: () => Promise<void> },
) => Promise<boolean>;

/** Above it the replay pauses where it can. */
const PAUSE_BYTES = 256 * 1024;
/** What one step of a replay may bring for a reader that is behind. */
const MAX_WAITING_BYTES = 8 * MIB;

/**
 * The frames that `take` makes of what `tell` tells.
 *
 * @param take the frame of an event; undefined leaves it out
 * @throws StreamCut when the reader is too slow or the journal is gone; the signal's reason
 */
export async function* replayedFrames(
  tell: Telling,
  take: (event: RunEvent) => Uint8Array | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const waiting: Uint8Array[] = [];
  const stop = new AbortController();
  let waitingBytes = 0;
  let end: { readonly error?: Error } | undefined;
  let came = Promise.withResolvers<void>();
  let drained = Promise.withResolvers<void>();
  const onEvent = (event: RunEvent): void => {
    const frame = take(event);
    if (frame === undefined) return;
    waiting.push(frame);
    waitingBytes += frame.byteLength;
    if (waiting.length > 1 && waitingBytes > MAX_WAITING_BYTES) stop.abort(new StreamCut('slow'));
    came.resolve();
  };
  const ready = async (): Promise<void> => {
    while (waitingBytes > PAUSE_BYTES && !stop.signal.aborted) await drained.promise;
  };
  const telling = tell(onEvent, { signal: AbortSignal.any([signal, stop.signal]), ready })
    .then(
      (isWhole) => {
        end = isWhole ? {} : { error: new StreamCut('gone') };
      },
      (error: unknown) => {
        end = { error: error instanceof Error ? error : new StreamCut('gone') };
      },
    )
    .finally(() => came.resolve());
  try {
    for (;;) {
      signal.throwIfAborted();
      stop.signal.throwIfAborted();
      const frame = waiting.shift();
      if (frame !== undefined) {
        waitingBytes -= frame.byteLength;
        drained.resolve();
        drained = Promise.withResolvers();
        yield frame;
      } else if (end === undefined) {
        await came.promise;
        came = Promise.withResolvers();
      } else break;
    }
    if (end.error !== undefined) throw end.error;
  } finally {
    stop.abort(new StreamCut('slow'));
    drained.resolve();
    await telling;
  }
}
