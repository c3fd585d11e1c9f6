/**
 * From paths on the command line to tested flows: finds test files, reads them with the flows they
 * are about, checks everything, then runs test after test.
 *
 * Invariant: nothing runs before every test file and every flow was found right.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { actionFacts } from '../actions/index.ts';
import { type JsonObject, type Log, MIB, mergeShallow, MoonpoolError, sha256Hex, systemClock } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import { checkReferences, type FlowTest, parseTestFile, type TestResult } from '../flow-test/index.ts';
import { type Diagnostic, SpecError } from '../spec/index.ts';
import { findActionModules } from './action-modules.ts';
import { loadConfig } from './config.ts';
import { loadFlows } from './flows.ts';
import { filesBelow, kindOf, readBoundedFile } from './named-files.ts';
import { type ReadyTest, TestEngine } from './test-engine.ts';

/** Longest test file that is read. */
const MAX_TEST_BYTES = 1 * MIB;
const TEST_FILE = /\.test\.ya?ml$/i;

/** What `moonpool test` was asked for. */
export interface FlowTestRequest {
  /** Test files, flow files that have one beside them, and folders that are searched for test files. */
  readonly paths: readonly string[];
  /** Actions without a stub touch the world. */
  readonly isReal: boolean;
  readonly log: Log;
  /** Ends the test under way and starts no more. */
  readonly signal: AbortSignal;
  /** Called with every warning, before anything runs. */
  readonly onWarning: (warning: Diagnostic) => void;
  /** Called after each test, those of one file behind each other. */
  readonly onResult: (file: string, result: TestResult) => void;
}

/**
 * Runs all tests.
 *
 * @throws a `SpecError` with everything that is wrong with test files and flows; CLI_FILE; CONFIG_INVALID;
 * the signal's reason once it aborts
 */
export async function runFlowTests(request: FlowTestRequest): Promise<void> {
  const { isReal, log, signal } = request;
  const files = await findTestFiles(request.paths);
  const diagnostics: Diagnostic[] = [];
  const ready: ReadyTest[] = [];
  for (const file of files) ready.push(...(await prepare(file, diagnostics)));
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new SpecError(diagnostics);
  for (const warning of diagnostics) request.onWarning(warning);
  const [first] = ready;
  if (first === undefined) return;
  signal.throwIfAborted();
  await using engine = await TestEngine.open({ config: first.config, isReal, log, signal, clock: systemClock });
  for (const one of ready) {
    const result = await engine.run(one);
    signal.throwIfAborted();
    request.onResult(one.suite.file, result);
  }
}

/** The tests of one file, ready to run; what is wrong goes to `diagnostics`. */
async function prepare(file: string, diagnostics: Diagnostic[]): Promise<readonly ReadyTest[]> {
  const { suite, diagnostics: own } = parseTestFile(await readTestFile(file), file);
  diagnostics.push(...own);
  if (suite === undefined) return [];
  const flowFile = join(dirname(file), suite.flow ?? basename(file).replace(TEST_FILE, '.yaml'));
  // What this site and this process set must not decide how a test goes.
  const config = await loadConfig({ paths: [flowFile], environment: {} });
  const modules = await findActionModules({ paths: [flowFile] });
  const actions = actionFacts(modules);
  const flows = new Map<string, Flow | undefined>();
  const ready: ReadyTest[] = [];
  for (const test of suite.tests) {
    const overlays = test.overlays.map((overlay) => join(dirname(file), overlay));
    const id = JSON.stringify(overlays);
    if (!flows.has(id)) flows.set(id, await loadFlow(flowFile, overlays, diagnostics));
    const flow = flows.get(id);
    if (flow === undefined) continue;
    checkReferences(test, { flow, actions, problems: suite.problems });
    ready.push({ ...{ suite, test, config, modules }, flow: withVariables(flow, test) });
  }
  diagnostics.push(...suite.problems.sorted());
  return ready;
}

async function loadFlow(
  path: string,
  overlays: readonly string[],
  diagnostics: Diagnostic[],
): Promise<Flow | undefined> {
  const loaded = await loadFlows([path], { overlays });
  const known = new Set(diagnostics.map((diagnostic) => JSON.stringify(diagnostic)));
  diagnostics.push(...loaded.diagnostics.filter((diagnostic) => !known.has(JSON.stringify(diagnostic))));
  return loaded.flows[0];
}

/** The flow with the variables of `test`: another flow to the lanes, which know flows by their hash. */
function withVariables(flow: Flow, { variables }: FlowTest): Flow {
  if (Object.keys(variables).length === 0) return flow;
  const all: JsonObject = mergeShallow(flow.variables, variables);
  return { ...flow, variables: all, hash: sha256Hex(`${flow.hash} ${JSON.stringify(variables)}`) };
}

async function findTestFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if ((await kindOf(path)) === 'file') {
      found.push(TEST_FILE.test(path) ? path : await besideFlow(path));
      continue;
    }
    const inside = await filesBelow(path, { isWanted: (name) => TEST_FILE.test(name), what: 'tests' });
    if (inside.length === 0) throw new MoonpoolError('CLI_FILE', `The folder ${path} holds no *.test.yaml.`);
    found.push(...inside);
  }
  return [...new Set(found)];
}

async function besideFlow(path: string): Promise<string> {
  const file = path.replace(/\.ya?ml$/i, '.test.yaml');
  if (file !== path && (await stat(file).catch(() => undefined))?.isFile() === true) return file;
  throw new MoonpoolError(
    'CLI_FILE',
    `There is no ${basename(file)} beside ${path}. Write one, or name a *.test.yaml.`,
  );
}

function readTestFile(path: string): Promise<string> {
  return readBoundedFile(path, { what: 'test file', maxBytes: MAX_TEST_BYTES });
}
