/**
 * The thread of one lane: learns flows, runs the segments it is given in their order, reports.
 * Entry point of a worker.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { MoonpoolError, systemClock } from '../../core/index.ts';
import type { SegmentRequest } from '../../flow/index.ts';
import { LaneMachine } from './lane-machine.ts';
import { LaneOutbox } from './lane-outbox.ts';
import { unpackRequests } from './message-bytes.ts';
import { NodePace } from './node-pace.ts';
import { PreparedFlow } from './prepared-flow.ts';
import {
  CLAIM,
  type FromLane,
  type LaneData,
  type SegmentContext,
  SHARED,
  SLOT_COUNT,
  type SegmentResult,
  type ToLane,
} from './protocol.ts';
import { executeSegment, SegmentStopped } from './segment-execution.ts';

/** How long a segment may hold its lane between nodes while others wait. */
const GIVE_WAY_AFTER_MS = 20;
/** A segment that took this long is expected to take long again when it begins at the same node. */
const SLOW_MS = 1;

const { wasm, salt, shared } = workerData as LaneData;
if (parentPort === null) throw new MoonpoolError('BUG_INVARIANT', 'lane-worker runs in a worker only.');
const inbox = parentPort;

/** A flow and where its slow segments begin. */
interface LaneFlow {
  readonly prepared: PreparedFlow;
  readonly slowStarts: Set<string>;
  readonly pace: NodePace;
}

const flows = new Map<string, LaneFlow>();
const machine = new LaneMachine(wasm, salt);
const tickMs = (): number => systemClock.tickMs();
const outbox = new LaneOutbox({
  tickMs,
  figures: () => machine.takeFigures(),
  post: (message: FromLane, handedOver) => inbox.postMessage(message, handedOver),
});

/** One segment of a message. */
interface Task {
  readonly slot: number;
  readonly request: SegmentRequest;
  readonly context: SegmentContext;
  /** Nothing of the message comes after it. */
  readonly isLast: boolean;
}

async function runAll({ firstSlot, requests }: Extract<ToLane, { kind: 'run' }>): Promise<void> {
  let index = 0;
  for (const [request, context] of unpackRequests(requests)) {
    const slot = (firstSlot + index) % SLOT_COUNT;
    index += 1;
    const claim = Atomics.compareExchange(shared, SHARED.claims + slot, CLAIM.waiting, CLAIM.begun);
    if (claim === CLAIM.waiting) {
      Atomics.store(shared, SHARED.slot, slot);
      Atomics.store(shared, SHARED.step, 0);
      Atomics.add(shared, SHARED.progress, 1);
      const flow = flows.get(request.flowHash);
      if (flow === undefined) throw new MoonpoolError('BUG_INVARIANT', 'A lane was not taught the flow it is to run.');
      if (flow.prepared.hasLua && !machine.isReady) await machine.ready();
      run(flow, { slot, request, context, isLast: index === requests.own.length });
      Atomics.store(shared, SHARED.slot, -1);
    } else {
      outbox.skip(slot);
    }
  }
}

function run(flow: LaneFlow, { slot, request, context, isLast }: Task): void {
  const startTickMs = tickMs();
  const start = 'node' in request.start ? request.start.node : request.start.kind;
  const isSlow = flow.slowStarts.has(start);
  outbox.begin(
    {
      ...{ slot, runId: request.runId, wantFacts: request.wantFacts, given: request.machine },
      skipFactCount: context.replacement?.factCount ?? 0,
      isAwaited: isSlow || isLast,
    },
    isSlow,
  );
  // Here and not at the first Lua node, whose own time limit the image of a large flow would use up.
  prepare(flow.prepared);
  outbox.end(execute(flow, { slot, request, context, startTickMs }));
  if (tickMs() - startTickMs >= SLOW_MS) flow.slowStarts.add(start);
  else if (isSlow) flow.slowStarts.delete(start);
}

function execute(
  { prepared, pace }: LaneFlow,
  { slot, request, context, startTickMs }: Omit<Task, 'isLast'> & { readonly startTickMs: number },
): SegmentResult {
  const claimAt = SHARED.claims + slot;
  try {
    return executeSegment(prepared, request, {
      machine: machine.forPath(prepared.flow, request, context),
      tickMs,
      report: (fact) => outbox.report(fact),
      beginNode(index, step) {
        // First: main trusts a position only when progress is the same before and after it read it.
        Atomics.add(shared, SHARED.progress, 1);
        Atomics.store(shared, SHARED.node, index);
        Atomics.store(shared, SHARED.step, step);
        if (request.wantFacts && pace.begin(index, tickMs())) outbox.flush();
      },
      isStopped: () => Atomics.load(shared, claimAt) === CLAIM.stop,
      isToGiveWay: () => Atomics.load(shared, SHARED.othersWait) === 1 && tickMs() - startTickMs >= GIVE_WAY_AFTER_MS,
      replacement: context.replacement,
    });
  } catch (error) {
    if (!(error instanceof SegmentStopped)) throw error;
    return { kind: 'stopped' };
  } finally {
    if (request.wantFacts) pace.end(tickMs());
    Atomics.store(shared, SHARED.node, -1);
  }
}

/** Best done before it is needed; a flow that cannot be made ready says so when it runs. */
function prepare(flow: PreparedFlow): void {
  if (!flow.hasLua) return;
  try {
    machine.prepare(flow.flow);
  } catch (error) {
    // Lua that does not compile is the flow's fault, and told to its first run.
    if (!(error instanceof MoonpoolError)) throw error;
  }
}

async function prepareAhead(flowHash: string): Promise<void> {
  const flow = flows.get(flowHash)?.prepared;
  if (flow?.hasLua === true) {
    await machine.ready();
    prepare(flow);
  }
  inbox.postMessage({ kind: 'prepared' } satisfies FromLane);
}

function handle(message: ToLane): Promise<void> | undefined {
  switch (message.kind) {
    case 'learn':
      flows.set(message.flow.hash, {
        prepared: new PreparedFlow(message.flow),
        slowStarts: new Set(),
        pace: new NodePace(message.flow.nodes.length),
      });
      return undefined;
    case 'forget':
      flows.delete(message.flowHash);
      machine.forget(message.flowHash);
      return undefined;
    case 'prepare':
      return prepareAhead(message.flowHash);
    case 'run':
      return runAll(message);
  }
}

/** What has come, in its order. */
const messages: ToLane[] = [];
let isAtWork = false;

/** The next message, also one the event loop has not brought yet: it costs a hop less. */
function nextMessage(): ToLane | undefined {
  return messages.shift() ?? (receiveMessageOnPort(inbox) as { readonly message: ToLane } | undefined)?.message;
}

/** Handles what has come, also while the first waits for the Lua module, then says what there is to say. */
async function work(): Promise<void> {
  for (let message = nextMessage(); message !== undefined; message = nextMessage()) await handle(message);
  outbox.flush();
}

inbox.on('message', (message: ToLane) => {
  messages.push(message);
  if (isAtWork) return;
  isAtWork = true;
  work()
    .finally(() => {
      isAtWork = false;
    })
    .catch((error: unknown) => {
      // An error of ours ends the thread; main sees it die and says so.
      queueMicrotask(() => {
        throw error;
      });
    });
});
