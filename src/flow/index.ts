/** A checked flow as data, where its routes lead, and the words in which engine and lanes speak of it. */
export type { ActionCatalogue, ActionFacts, EffectKind } from './action-facts.ts';
export {
  type Breaker,
  type EachWork,
  END,
  type Endpoint,
  type Flow,
  type FlowNode,
  type FlowSettings,
  type NodeWork,
  type OnError,
  type Output,
  type OutputField,
  type ParallelRoute,
  type Parameter,
  type Place,
  type RateLimiter,
  type Retry,
  type Route,
  type RouteRule,
  type Schedule,
  START,
  type WhileWork,
} from './flow.ts';
export { type Destination, followRoute, type RouteAnswers } from './routing.ts';
export { canGoOnAfterFailure, failedWith, isRetried, retryDelayMs } from './failure.ts';
export type {
  Admission,
  BodyFrame,
  BranchResult,
  Interrupts,
  ItemResult,
  ItemStart,
  PathMemo,
  SegmentEnd,
  SegmentFact,
  SegmentOutcome,
  SegmentRequest,
  SegmentStart,
} from './segment.ts';
