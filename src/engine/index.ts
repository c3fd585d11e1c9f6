/** Decides what a run does next, and carries it out through ports. */
export type { Command, Happening } from './decision.ts';
export type { RunEvent, RunEventName } from './events.ts';
export type {
  Action,
  ActionCall,
  ActionCatalogue,
  ActionFacts,
  ActionRegistry,
  ActionResult,
  BlobHandle,
  BlobStore,
  EffectOutcome,
  FlowResponse,
  JournalEntry,
  KvStore,
  RunFilter,
  RunJournal,
  RunStatus,
  RunStore,
  RunSummary,
  SecretPort,
  SecretUse,
  SegmentOptions,
  SegmentRunner,
  WaitingFor,
} from './ports.ts';
export type { Run, RunLimits, RunnerPorts, RunOptions, RunOutcome, RunWaiting } from './run.ts';
export { createRunner, type Runner, type TellOptions } from './runner.ts';
export { inputProblems } from './segment-request.ts';
