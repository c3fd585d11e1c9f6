/**
 * The thread of one lane: learns flows, runs segments, reports. Entry point of a worker.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { MoonpoolError, systemClock } from '../../core/index.ts';
import type { SegmentFact } from '../../flow/index.ts';
import { LaneMachine } from './lane-machine.ts';
import { PreparedFlow } from './prepared-flow.ts';
import { type FromLane, type LaneData, SHARED, type ToLane } from './protocol.ts';
import { executeSegment, SegmentStopped } from './segment-execution.ts';

/** Facts go out when this many wait, or when the last went out this long ago. */
const FACT_BATCH_COUNT = 64;
const FACT_BATCH_MS = 16;
/** How long a segment may hold its lane between nodes while others wait. */
const GIVE_WAY_AFTER_MS = 20;

const { wasm, salt, shared } = workerData as LaneData;
const port = parentPort;
if (port === null) throw new MoonpoolError('BUG_INVARIANT', 'lane-worker runs in a worker only.');

const flows = new Map<string, PreparedFlow>();
const machine = new LaneMachine(wasm, salt);

function post(message: FromLane): void {
  port?.postMessage(message, buffersOf(message));
}

/** What is handed over instead of copied: the lane keeps neither states nor parked machines. */
function buffersOf(message: FromLane): ArrayBuffer[] {
  if (message.kind !== 'ended' && message.kind !== 'paused') return [];
  const made = message.kind === 'ended' ? message.outcome.end : message.pause;
  const parts = [
    'state' in made ? made.state : undefined,
    'machine' in made ? made.machine : undefined,
    'with' in made ? made.with : undefined,
  ];
  return parts.flatMap((bytes) => (bytes?.buffer instanceof ArrayBuffer ? [bytes.buffer] : []));
}

/** Collects facts and sends them in batches, so that streams are live and chains are cheap. */
class FactReporter {
  readonly #wantAll: boolean;
  #skipCount: number;
  #facts: SegmentFact[] = [];
  #sentTickMs = Number.NEGATIVE_INFINITY;

  constructor(wantAll: boolean, skipCount: number) {
    this.#wantAll = wantAll;
    this.#skipCount = skipCount;
  }

  report(fact: SegmentFact): void {
    if (!this.#wantAll && fact.kind !== 'log') return;
    if (this.#skipCount > 0) {
      this.#skipCount -= 1;
      return;
    }
    this.#facts.push(fact);
    if (this.#facts.length >= FACT_BATCH_COUNT || systemClock.tickMs() - this.#sentTickMs >= FACT_BATCH_MS)
      this.flush();
  }

  flush(): void {
    if (this.#facts.length === 0) return;
    post({ kind: 'facts', facts: this.#facts });
    this.#facts = [];
    this.#sentTickMs = systemClock.tickMs();
  }
}

async function run({ request, replacement, ...how }: Extract<ToLane, { kind: 'run' }>): Promise<void> {
  const flow = flows.get(request.flowHash);
  if (flow === undefined) throw new MoonpoolError('BUG_INVARIANT', 'A lane was not taught the flow it is to run.');
  // Here and not at the first Lua node, whose own time limit the image of a large flow would use up.
  await prepare(request.flowHash);
  const facts = new FactReporter(request.wantFacts, replacement?.factCount ?? 0);
  const startTickMs = systemClock.tickMs();
  try {
    const execution = executeSegment(flow, request, {
      machine: machine.forPath(flow.flow, request, how),
      tickMs: () => systemClock.tickMs(),
      report: (fact) => facts.report(fact),
      beginNode(index, step) {
        // First: main trusts a position only when progress is the same before and after it read it.
        Atomics.add(shared, SHARED.progress, 1);
        Atomics.store(shared, SHARED.node, index);
        Atomics.store(shared, SHARED.step, step);
      },
      isStopped: () => Atomics.load(shared, SHARED.stop) === 1,
      isToGiveWay: () =>
        Atomics.load(shared, SHARED.othersWait) === 1 && systemClock.tickMs() - startTickMs >= GIVE_WAY_AFTER_MS,
      replacement,
    });
    facts.flush();
    post(execution);
  } catch (error) {
    if (!(error instanceof SegmentStopped)) throw error;
    post({ kind: 'stopped' });
  } finally {
    Atomics.store(shared, SHARED.node, -1);
  }
}

/** Best done before it is needed; a flow that cannot be made ready says so when it runs. */
async function prepare(flowHash: string): Promise<void> {
  const flow = flows.get(flowHash);
  if (flow?.hasLua !== true) return;
  await machine.ready();
  try {
    machine.prepare(flow.flow);
  } catch (error) {
    // Lua that does not compile is the flow's fault, and told to its first run.
    if (!(error instanceof MoonpoolError)) throw error;
  }
}

/** An error of ours ends the thread; main sees it die and says so. */
function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

port.on('message', (message: ToLane) => {
  switch (message.kind) {
    case 'learn':
      flows.set(message.flow.hash, new PreparedFlow(message.flow));
      return;
    case 'forget':
      flows.delete(message.flowHash);
      machine.forget(message.flowHash);
      return;
    case 'prepare':
      prepare(message.flowHash).then(() => post({ kind: 'prepared' }), raise);
      return;
    case 'run':
      run(message).catch(raise);
      return;
  }
});
