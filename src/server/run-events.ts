/**
 * The events of runs for everyone who follows them: from a bounded buffer while it has them, else
 * made again from the journal.
 *
 * Only runs started here are told of as they happen; telling costs a run. Invariant: all buffers
 * together keep at most `MAX_BYTES`, or one event each.
 */
import { type Clock, type JsonObject, KIB, type Metrics, MIB, type RunId, SECOND_MS } from '../core/index.ts';
import type { Run, Runner, RunOptions, RunStore } from '../engine/index.ts';
import type { Flow } from '../flow/index.ts';
import { type Admission, createAdmission } from './admission.ts';
import { EventBuffer } from './event-buffer.ts';
import { replayedFrames } from './event-replay.ts';
import { RequestError } from './problem.ts';
import { StreamCut } from './stream-cut.ts';
import { ToldEvents } from './told-events.ts';

/** What events are made from. */
export interface RunEventsParts {
  readonly runner: Runner;
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** The flow of that name as it is served now. */
  readonly flowNamed: (name: string) => Flow | undefined;
}

/** How much is kept; tests ask for less. */
export interface RunEventsLimits {
  /** Events of one run. */
  readonly maxCount: number;
  /** Bytes of the events of one run. */
  readonly maxBytes: number;
  /** Bytes of the events of all runs. */
  readonly maxTotalBytes: number;
}

const LIMITS: RunEventsLimits = { maxCount: 1_000, maxBytes: 512 * KIB, maxTotalBytes: 4 * MIB };
/** A replay computes again what the run computed, so few go on at once. */
const REPLAYS = { concurrentCount: 2, queueCount: 32, queueWaitMs: 20 * SECOND_MS };
/** A replay that the run outpaces so often is given up. */
const MAX_ROUNDS = 5;

/** A run as a replay needs it. */
interface Known {
  readonly id: RunId;
  readonly flow: Flow;
}

/** See the head of this file. */
export class RunEvents {
  readonly #parts: RunEventsParts;
  readonly #limits: RunEventsLimits;
  /** In the order of starts. */
  readonly #buffers = new Map<RunId, EventBuffer>();
  readonly #replays: Admission;
  #bytes = 0;

  constructor(parts: RunEventsParts, limits: RunEventsLimits = LIMITS) {
    this.#parts = parts;
    this.#limits = limits;
    this.#replays = createAdmission(REPLAYS, parts.clock);
    parts.metrics.gauge('moonpool_run_events_bytes', 'Events of runs kept for those who follow.', () => this.#bytes);
  }

  /** Starts a run whose events are kept. @throws as the runner's `start` */
  start(flow: Flow, input: JsonObject, options: Omit<RunOptions, 'onEvent'> = {}): Run {
    const buffer = new EventBuffer(this.#limits);
    const run = this.#parts.runner.start(flow, input, {
      ...options,
      onEvent: (event) => {
        const before = buffer.bytes;
        buffer.push(event);
        this.#bytes += buffer.bytes - before;
        this.#makeRoom();
      },
    });
    this.#buffers.set(run.id, buffer);
    return run;
  }

  /**
   * The events of a run as frames, from its first one or the one behind `afterSeq`, until it ends.
   *
   * @returns undefined when the client has them all already
   * @throws HTTP_NOT_FOUND for an unknown run; HTTP_GONE when its events cannot be made any more.
   *   The frames end with a StreamCut when that turns out later, or with the signal's reason
   */
  async follow(
    id: RunId,
    afterSeq: number | undefined,
    signal: AbortSignal,
  ): Promise<AsyncGenerator<Uint8Array, void, undefined> | undefined> {
    const buffer = this.#buffers.get(id);
    // A number that this run never came to is from an earlier life of the process.
    const isKnownSeq = afterSeq !== undefined && (buffer === undefined || afterSeq < buffer.nextSeq);
    const after = isKnownSeq ? afterSeq : -1;
    if (buffer?.isOver === true && after === buffer.nextSeq - 1) return undefined;
    if (buffer !== undefined && after + 1 >= buffer.firstSeq) return this.#fromBuffer(buffer, after + 1, signal);
    const known = await this.#require(id);
    const told = new ToldEvents(after);
    return buffer === undefined ? this.#unheard(known, told, signal) : this.#caughtUp(known, { told, buffer, signal });
  }

  /** The run and the flow it ran. */
  async #require(id: RunId): Promise<Known> {
    const { runner, runs, flowNamed } = this.#parts;
    const run = runner.find(id);
    if (run !== undefined) return { id, flow: run.flow };
    const journal = await runs.read(id);
    if (journal === undefined) throw new RequestError('HTTP_NOT_FOUND', 'No run has this id, or it was long ago.');
    const flow = flowNamed(journal.summary.flow);
    const started = journal.entries.find((entry) => entry.kind === 'run.started');
    if (!journal.isComplete || started?.kind !== 'run.started') {
      throw new RequestError(
        'HTTP_GONE',
        'What came into this run is not kept any more, so its events cannot be told.',
      );
    }
    if (flow === undefined || flow.hash !== started.flowHash) {
      throw new RequestError('HTTP_GONE', 'The flow of this run was changed since, so its events cannot be told.');
    }
    return { id, flow };
  }

  async *#fromBuffer(
    buffer: EventBuffer,
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (let seq = from; ; seq += 1) {
      await buffer.until(seq, signal);
      const frame = buffer.at(seq);
      if (frame !== undefined) yield frame;
      else if (seq < buffer.firstSeq) throw new StreamCut('slow');
      else return;
    }
  }

  /** First what has left the buffer, by replay, then what is in it. */
  async *#caughtUp(
    known: Known,
    { told, buffer, signal }: { told: ToldEvents; buffer: EventBuffer; signal: AbortSignal },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for (let round = 0; told.count < buffer.firstSeq; round += 1) {
      if (round === MAX_ROUNDS) throw new StreamCut('slow');
      yield* this.#replay(
        known,
        told.telling((branch) => buffer.goneOf(branch)),
        signal,
      );
    }
    yield* this.#fromBuffer(buffer, buffer.firstSeq, signal);
  }

  /** A run without a listener: what led to where it waits, and the rest once it has ended. */
  async *#unheard(known: Known, told: ToldEvents, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const run = this.#parts.runner.find(known.id);
    if (run !== undefined) {
      if (run.waitingFor.length > 0) yield* this.#replay(known, told.telling(), signal);
      await untilEnd(run, signal);
    }
    yield* this.#replay(known, told.telling(), signal);
  }

  async *#replay(
    { id, flow }: Known,
    take: ReturnType<ToldEvents['telling']>,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const leave = await this.#replays.enter(signal);
    try {
      const { runner } = this.#parts;
      yield* replayedFrames((onEvent, options) => runner.tellAgain(id, flow, onEvent, options), take, signal);
    } finally {
      leave();
    }
  }

  /** Forgets whole runs that ended, then the earliest events of others, the run that began first before all. */
  #makeRoom(): void {
    for (const [id, buffer] of this.#buffers) {
      if (this.#bytes <= this.#limits.maxTotalBytes) return;
      if (!buffer.isOver) continue;
      // Who follows it still holds it, and can read to its end.
      this.#buffers.delete(id);
      this.#bytes -= buffer.bytes;
    }
    for (const buffer of this.#buffers.values()) {
      const before = buffer.bytes;
      let isSmaller = true;
      while (isSmaller && this.#bytes - (before - buffer.bytes) > this.#limits.maxTotalBytes)
        isSmaller = buffer.dropFirst();
      this.#bytes -= before - buffer.bytes;
    }
  }
}

/** Resolves when the run has ended. @throws the signal's reason */
async function untilEnd(run: Run, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([run.outcome, stopped]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
