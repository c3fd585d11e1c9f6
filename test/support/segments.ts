/**
 * Builders of checked flows and segment outcomes for tests of engine and lanes.
 */
import type { JsonObject } from '../../src/core/index.ts';
import type { Flow, FlowNode, ParallelRoute, SegmentEnd, SegmentOutcome } from '../../src/flow/index.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 JSON of `value`. */
export function stateBytes(value: JsonObject): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** What the bytes of a state say. */
export function readState(bytes: Uint8Array): JsonObject {
  return JSON.parse(decoder.decode(bytes)) as JsonObject;
}

/** A node that does nothing and ends the run, unless said otherwise. */
export function aNode(node: Partial<FlowNode> & { readonly name: string }): FlowNode {
  return {
    place: { line: 1, column: 1 },
    work: { kind: 'none' },
    next: { kind: 'end' },
    onError: { mode: 'raise' },
    ...node,
  };
}

/** A flow of one no-op node, unless said otherwise. */
export function aFlow(flow: Partial<Flow> = {}): Flow {
  const nodes = flow.nodes ?? [aNode({ name: 'only' })];
  return {
    name: 'sample',
    file: 'sample.yaml',
    directory: '.',
    hash: 'hash-of-sample',
    variables: {},
    initialState: {},
    settings: { lua: {}, maxSteps: 10_000 },
    entry: { kind: 'rules', rules: [{ to: nodes[0]?.name ?? '__end__' }] },
    ...flow,
    nodes,
  };
}

/** A fan-out to `branches` that meet in `join`. */
export function aParallelRoute(route: Partial<ParallelRoute> = {}): ParallelRoute {
  return { kind: 'parallel', branches: ['a', 'b'], join: 'j', onError: 'fail', ...route };
}

/** A segment that took one step and ended like this. */
export function anOutcome(end: SegmentEnd): SegmentOutcome {
  return { end, steps: 1 };
}
