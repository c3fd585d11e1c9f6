/** A checked flow as data, where its routes lead, and the words in which engine and lanes speak of it. */
export type { ActionCatalogue, ActionFacts, EffectKind } from './action-facts.ts';
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
export { type Destination, followRoute } from './routing.ts';
export type { BranchResult, SegmentEnd, SegmentFact, SegmentOutcome, SegmentRequest, SegmentStart } from './segment.ts';
