/**
 * What the parts of one `parseFlow` call share: the text, its problems, and what it is checked against.
 */
import type { ActionCatalogue } from '../flow/index.ts';
import type { ProblemList } from './problem-list.ts';
import type { ShapeCheck } from './shape.ts';

/** Compiles Lua without running it; undefined when it compiles, else the code's own line (from 1) and the reason. */
export type LuaCheck = (code: string) => { readonly line: number; readonly message: string } | undefined;

/** Says what is wrong with a cron pattern in a zone, as a sentence; undefined when nothing is. */
export type CronCheck = (cron: string, zone: string) => string | undefined;

/** The ceilings that configuration sets for flows; what asks for more is cut, with a warning. */
export interface FlowLimits {
  readonly luaTimeoutMs?: number;
  readonly luaMemoryBytes?: number;
  readonly timeoutMs?: number;
  readonly maxSteps?: number;
  readonly maxBodyBytes?: number;
  /** Branches or items that run at once. */
  readonly maxWorkers?: number;
}

/** One check of one file. */
export interface FlowCheck extends ShapeCheck {
  /** The flow's own text and those of its overlays, one behind the other; places are offsets in it. */
  readonly text: string;
  readonly problems: ProblemList;
  readonly actions: ActionCatalogue;
  readonly checkLua: LuaCheck | undefined;
  readonly checkCron: CronCheck | undefined;
  readonly limits: FlowLimits;
  /** The names in `settings.secrets`; undefined when it lists none, and every name may be used. */
  readonly declaredSecrets: ReadonlySet<string> | undefined;
  /** The names in `settings.rate_limiters`; undefined without any. */
  readonly limiterNames: ReadonlySet<string> | undefined;
}
