/**
 * A flow file's text → a checked flow, or everything that is wrong with it.
 *
 * Reads, checks shapes, then nodes, edges, routes and graph, and goes on after problems as far as
 * that tells something new. Runs nothing and reads no file. Never throws for any text.
 */
import { type JsonObject, mergeShallow } from '../core/index.ts';
import type { ActionCatalogue, Flow } from '../flow/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import { readEndpoint } from './endpoint-reader.ts';
import { withEngineActions } from './engine-actions.ts';
import type { CronCheck, FlowCheck, FlowLimits, LuaCheck } from './flow-check.ts';
import { hashFlow } from './flow-hash.ts';
import { FLOW_KEYS } from './flow-language.ts';
import { readFlowText, type SourceFile } from './flow-text.ts';
import { readGraph } from './graph-reader.ts';
import { type ImportedFlows, ImportTable } from './import-table.ts';
import { isUsableName } from './node-name.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { readLimiterNames } from './rate-limiter-reader.ts';
import { readInputSchema, readOutputSchema, readStateSchema } from './schema-reader.ts';
import { readDeclaredSecrets, secretsOf } from './secret-reader.ts';
import { checkVariables, readSchedule, readSettings, readSettingsScope } from './settings-reader.ts';
import { checkShape } from './shape.ts';
import { checkStrictly } from './strict-check.ts';
import { childOf, type MapNode, textOf, toJsonObject, type YamlNode } from './yaml-tree.ts';

/** What a flow is checked against. */
export interface ParseFlowOptions {
  /** The file as the user named it; stands in diagnostics and gives the flow its name when it has none. */
  readonly file: string;
  /** The folder relative paths start from. */
  readonly directory: string;
  readonly actions: ActionCatalogue;
  /** Put over the flow in this order, at most 16; problems in them name their file. */
  readonly overlays?: readonly SourceFile[];
  /** What is behind the paths that `findImports` gives; others are reported as not loaded. */
  readonly imports?: ImportedFlows;
  /** Without it Lua is not compiled, and other languages are found by `language` only. */
  readonly checkLua?: LuaCheck;
  /** Without it cron patterns are taken as they are. */
  readonly checkCron?: CronCheck;
  /** Values from the configuration that replace single variables. */
  readonly variables?: JsonObject;
  /** The same, asked for once the flow's name and the names of its variables are known. */
  readonly variablesOf?: (flow: string, declared: readonly string[]) => JsonObject;
  /** Ceilings of the configuration; what asks for more is cut, with SPEC_LIMIT warnings. */
  readonly limits?: FlowLimits;
  /** Warns of more: durations and sizes without a unit, state keys that come to nothing. Default false. */
  readonly strict?: boolean;
}

/** A flow when there is no error; diagnostics in the order of the file, warnings among them. */
export interface ParsedFlow {
  readonly flow?: Flow;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses and checks the text of one flow file, with its overlays over it. */
export function parseFlow(text: string, options: ParseFlowOptions): ParsedFlow {
  const { root, problems, text: all } = readFlowText({ file: options.file, text }, options.overlays ?? []);
  if (root === undefined) return { diagnostics: problems.sorted() };
  const check: FlowCheck = {
    text: all,
    problems,
    isStrict: options.strict === true,
    actions: withEngineActions(options.actions),
    checkLua: options.checkLua,
    checkCron: options.checkCron,
    limits: options.limits ?? {},
    declaredSecrets: readDeclaredSecrets(childOf(childOf(root, 'settings'), 'secrets')),
    limiterNames: readLimiterNames(childOf(childOf(root, 'settings'), 'rate_limiters')),
  };
  checkShape(check, root, { kind: 'table', table: FLOW_KEYS }, 'flow');
  if (root.kind !== 'map') return { diagnostics: problems.sorted() };
  const flow = readFlow(check, root, options);
  if (check.isStrict && !problems.hasErrors) checkStrictly(check, root, flow);
  return problems.hasErrors ? { diagnostics: problems.sorted() } : { flow, diagnostics: problems.sorted() };
}

function readFlow(check: FlowCheck, root: MapNode, options: ParseFlowOptions): Flow {
  const settingsNode = childOf(root, 'settings');
  const table = new ImportTable(check, childOf(root, 'imports'), options.imports ?? new Map());
  const { entry, nodes } = readGraph(check, root, table);
  table.checkSize(check, (childOf(root, 'imports') ?? root).start);
  const name = readName(check, root, options.file);
  const variables = toJsonObject(childOf(root, 'variables'));
  const overrides = { ...options.variables, ...options.variablesOf?.(name, Object.keys(variables)) };
  checkVariables(check, childOf(root, 'variables') ?? root, { variables, overrides });
  const content = present({
    variables: mergeShallow(variables, overrides),
    initialState: toJsonObject(childOf(root, 'initial_state')),
    settings: readSettings(check, settingsNode),
    settingsScope: readSettingsScope(settingsNode),
    entry,
    nodes,
    secrets: secretsOf(nodes),
    imports: table.flows,
    inputSchema: readInputSchema(check, root),
    outputSchema: readOutputSchema(check, root),
  });
  const about = {
    stateSchema: readStateSchema(check, root),
    description: textOf(childOf(root, 'description')),
    version: readVersion(childOf(root, 'version')),
    endpoint: readEndpoint(check, childOf(root, 'endpoint')),
    schedule: readSchedule(check, childOf(root, 'schedule')),
  };
  return present({
    name,
    file: options.file,
    directory: options.directory,
    // A file with errors gives no flow, so its hash is not worth making.
    hash: check.problems.hasErrors ? '' : hashFlow(content),
    ...content,
    ...about,
  });
}

function readVersion(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined;
}

function readName(check: FlowCheck, root: MapNode, file: string): string {
  const node = childOf(root, 'name');
  const stem = file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, '');
  const name = textOf(node) ?? stem;
  if (isUsableName(name) && !name.startsWith('__')) return name;
  const message = `${quote(name)} cannot be the name of a flow.`;
  const hint = 'Names have no `/`, no control characters and no blanks at the ends.';
  check.problems.add({ code: 'SPEC_INVALID', at: node?.start ?? root.start, message, hint });
  return name;
}
