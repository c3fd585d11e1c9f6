/** The door `moonpool`: flows as a library, loaded from files and run in this process. */
export {
  type ErrorCode,
  type ErrorData,
  hasCode,
  type JsonObject,
  type JsonValue,
  type Log,
  type Metrics,
  MoonpoolError,
} from '../core/index.ts';
export type { Flow } from '../flow/index.ts';
export type { FlowResponse, RunEvent, RunEventName, WaitingFor } from '../engine/index.ts';
export { type FlowProblem, loadFlow, type LoadFlowOptions } from './flow-loading.ts';
export type { FlowOutcome, FlowRun, FlowRunOptions, FlowWaiting } from './flow-run.ts';
export { createRunner, type FlowRunner, type RunnerOptions } from './flow-runner.ts';
