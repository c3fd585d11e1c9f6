/**
 * The thread's own side: takes an order, keeps the mark up to date, answers in batches.
 *
 * Holds nothing between orders, so that being ended at any moment loses nothing but the order.
 */
import { parentPort } from 'node:worker_threads';
import { toErrorData } from '../core/index.ts';
import { JOB_HANDLERS } from './job-handlers.ts';
import { type JobContext, MARK_COMPONENT, MARK_COUNT, type WorkMessage, type WorkOrder } from './job-types.ts';

/** Rows per message: some hundred KB, a few ms for the receiver. */
const BATCH_ROWS = 200;

function answer(message: WorkMessage): void {
  parentPort?.postMessage(message);
}

function carryOut(order: WorkOrder): void {
  const mark = new Int32Array(order.mark);
  const context: JobContext = {
    body: new Uint8Array(order.body),
    skip: new Set(order.skip),
    mark(component) {
      Atomics.store(mark, MARK_COMPONENT, component);
      Atomics.add(mark, MARK_COUNT, 1);
    },
  };
  try {
    // Cast: an order of a kind has the input of that kind.
    const { result, rows } = JOB_HANDLERS[order.kind](order.input as never, context);
    // What is left to do is the same for every component.
    context.mark(-1);
    for (let at = 0; at < rows.length; at += BATCH_ROWS)
      answer({ type: 'rows', rows: rows.slice(at, at + BATCH_ROWS) });
    answer({ type: 'done', result });
  } catch (error) {
    answer({ type: 'failed', error: toErrorData(error) });
  }
}

parentPort?.on('message', carryOut);
