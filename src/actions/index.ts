/** The built-in actions: the only part of a flow that touches the world. */
import type { Clock, HealthPort, Log } from '../core/index.ts';
import type { HttpClient } from '../connections/index.ts';
import type { Action, ActionCatalogue, ActionFacts, ActionRegistry, BlobStore, KvStore } from '../engine/index.ts';
import type { WorkThread } from '../work/index.ts';
import type { FileRules } from './allowed-files.ts';
import { createCalendarEventsAction } from './calendar-events/index.ts';
import { createCsvParseAction } from './csv-parse/index.ts';
import { createCsvStringifyAction } from './csv-stringify/index.ts';
import { createDataFilterAction } from './data-filter/index.ts';
import { createDataMergeAction } from './data-merge/index.ts';
import { type CompileSchema, createDataValidateAction } from './data-validate/index.ts';
import { createFileListAction } from './file-list/index.ts';
import { createFileReadAction } from './file-read/index.ts';
import { createFileWriteAction } from './file-write/index.ts';
import { createHealthReportAction } from './health-report/index.ts';
import { createHttpDeleteAction } from './http-delete/index.ts';
import { createHttpGetAction } from './http-get/index.ts';
import { createHttpPatchAction } from './http-patch/index.ts';
import { createHttpPostAction } from './http-post/index.ts';
import { createHttpPutAction } from './http-put/index.ts';
import { createHttpRespondAction } from './http-respond/index.ts';
import { createJsonParseAction } from './json-parse/index.ts';
import { createJsonStringifyAction } from './json-stringify/index.ts';
import { createKvDeleteAction } from './kv-delete/index.ts';
import { createKvGetAction } from './kv-get/index.ts';
import { createKvSetAction } from './kv-set/index.ts';
import { createLogAction } from './log/index.ts';
import { createMemoryDeleteAction } from './memory-delete/index.ts';
import { createMemoryGetAction } from './memory-get/index.ts';
import { createMemorySetAction } from './memory-set/index.ts';
import { MemoryValues } from './memory-values.ts';
import { loadOwnActions, type OwnActionModule, type OwnActionRun } from './own-actions.ts';
import { createRatelimitWrapAction } from './ratelimit-wrap/index.ts';
import { createTemplateRenderAction } from './template-render/index.ts';
import { createTimeSleepAction } from './time-sleep/index.ts';

export { ACTION_OPTIONS, type ActionOptions } from './own-action-options.ts';
export { findOwnActions, type OwnActionModule, type OwnActionRun } from './own-actions.ts';

/** What the built-in actions are built on. */
export interface ActionDeps {
  readonly http: HttpClient;
  readonly blobs: BlobStore;
  readonly kv: KvStore;
  readonly work: WorkThread;
  /** Folder that holds every file flows may use; empty: the folder of the flow that calls. */
  readonly filesRoot: string;
  /** Folders inside it that may not be touched: the data folder. */
  readonly refusedFolders?: readonly string[];
  readonly health: HealthPort;
  readonly log: Log;
  readonly clock: Clock;
  /** Largest state of a run. */
  readonly stateBytes: number;
  /** Checks of values against JSON Schemas. */
  readonly compileSchema: CompileSchema;
  /** Puts something around every action, also where one calls another. Default: nothing. */
  readonly around?: (action: Action) => Action;
}

/** What an action is built on, whoever wrote it. */
export interface ActionTools extends ActionDeps {
  /** Any other action, to do what it does with the same call. */
  readonly find: (name: string) => Action | undefined;
}

/** What a module of the operator exports as `actions`: functions by name, or what makes them. */
export type OwnActions =
  | { readonly [name: string]: OwnActionRun }
  | ((
      tools: ActionTools,
    ) => { readonly [name: string]: OwnActionRun } | Promise<{ readonly [name: string]: OwnActionRun }>);

/** The built-in actions by name, in alphabetical order. */
export function createActions(deps: ActionDeps): ActionRegistry {
  return toRegistry(builtInActions(deps));
}

/**
 * The built-in actions and those of the operator's modules, which are loaded here.
 *
 * @throws CONFIG_INVALID with everything that is wrong with the modules
 */
export async function createAllActions(deps: ActionDeps, modules: readonly OwnActionModule[]): Promise<ActionRegistry> {
  const { around = (action) => action } = deps;
  const byName = builtInActions(deps);
  const tools: ActionTools = { ...deps, find: (name) => byName.get(name) };
  const own = await loadOwnActions(modules, { tools, clock: deps.clock });
  for (const action of own) byName.set(action.name, around(action));
  return toRegistry(byName);
}

function toRegistry(byName: ReadonlyMap<string, Action>): ActionRegistry {
  return { find: (name) => byName.get(name), names: () => [...byName.keys()].toSorted() };
}

function builtInActions(deps: ActionDeps): Map<string, Action> {
  const { filesRoot, refusedFolders = [], around = (action) => action } = deps;
  const files: FileRules = { ...(filesRoot === '' ? {} : { root: filesRoot }), refused: refusedFolders };
  const memory = new MemoryValues();
  const actions: readonly Action[] = [
    createCalendarEventsAction(deps),
    createCsvParseAction(deps),
    createCsvStringifyAction(),
    createDataFilterAction(deps),
    createDataMergeAction(),
    createDataValidateAction(deps),
    createFileListAction({ files }),
    createFileReadAction({ files, blobs: deps.blobs }),
    createFileWriteAction({ files, blobs: deps.blobs }),
    createHealthReportAction(deps),
    createHttpDeleteAction(deps),
    createHttpGetAction(deps),
    createHttpPatchAction(deps),
    createHttpPostAction(deps),
    createHttpPutAction(deps),
    createHttpRespondAction(deps),
    createJsonParseAction(deps),
    createJsonStringifyAction(),
    createKvDeleteAction(deps),
    createKvGetAction(deps),
    createKvSetAction(deps),
    createLogAction(deps),
    createMemoryDeleteAction({ memory }),
    createMemoryGetAction({ memory }),
    createMemorySetAction({ memory }),
    createRatelimitWrapAction({ ...deps, find: (name) => byName.get(name) }),
    createTemplateRenderAction({ files }),
    createTimeSleepAction(deps),
  ];
  const byName = new Map(actions.map((action) => [action.name, around(action)]));
  return byName;
}

/** Names, kinds of effect and schemas of the built-in actions and those of `modules`, for checking flows. Runs and loads nothing. */
export function actionFacts(modules: readonly OwnActionModule[] = []): ActionCatalogue {
  // Nothing is run through these: their type shows names and schemas only.
  const byName = new Map<string, ActionFacts>(builtInActions({} as ActionDeps));
  for (const { facts } of modules) for (const fact of facts) byName.set(fact.name, fact);
  return { find: (name) => byName.get(name), names: () => [...byName.keys()].toSorted() };
}
