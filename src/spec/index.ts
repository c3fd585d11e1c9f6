/** YAML text in, checked flow graph out; and the words in which engine and lanes speak of it. */
export type { ActionCatalogue, ActionFacts, EffectKind } from './action-facts.ts';
export { type Diagnostic, formatDiagnostic, SpecError } from './diagnostic.ts';
export {
  END,
  type Endpoint,
  type Flow,
  type FlowNode,
  type FlowSettings,
  type NodeWork,
  type OnError,
  type Output,
  type ParallelRoute,
  type Parameter,
  type Place,
  type Route,
  type RouteRule,
  type Schedule,
  START,
} from './flow.ts';
export { flowJsonSchema } from './flow-json-schema.ts';
export { isFlowFile } from './flow-file.ts';
export type { CronCheck, FlowLimits, LuaCheck } from './flow-check.ts';
export { checkInput } from './input-check.ts';
export { type ParsedFlow, type ParseFlowOptions, parseFlow } from './parse-flow.ts';
export { type Destination, followRoute } from './routing.ts';
export { compileSchema } from './schema-check.ts';
export type { BranchResult, SegmentEnd, SegmentFact, SegmentOutcome, SegmentRequest, SegmentStart } from './segment.ts';
