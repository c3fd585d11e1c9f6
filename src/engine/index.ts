/** Decides what a run does next, and carries it out through ports. */
export type { RunEvent, RunEventName } from './events.ts';
export type {
  Action,
  ActionCall,
  ActionRegistry,
  ActionResult,
  BlobHandle,
  BlobStore,
  EffectOutcome,
  FlowResponse,
  JournalEntry,
  RunStore,
  RunSummary,
  SegmentRunner,
} from './ports.ts';
export type { Run, RunOptions, RunOutcome, Runner } from './runner.ts';
