/**
 * The text of a `*.test.yaml` → its tests, or everything that is wrong with it.
 *
 * Expectations stay trees with places, so that a failed one is shown where it stands. Reads no
 * file and runs nothing. What crosses into the flow (nodes, actions) is checked in `flow-check.ts`.
 */
import { type ErrorCode, isErrorCode, ERROR_FACTS, type JsonObject, parseDurationMs } from '../core/index.ts';
import {
  checkShape,
  childOf,
  type Diagnostic,
  itemsOf,
  type ProblemList,
  readYaml,
  tableShape,
  textOf,
  toJson,
  toJsonObject,
  type YamlNode,
} from '../spec/index.ts';
import { parseInstant } from './instant.ts';
import { DEFAULT_NOW_MS, TEST_FILE_KEYS } from './test-language.ts';

/** One answer of a stubbed action. */
export interface StubAnswer {
  readonly result?: YamlNode;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
  readonly delayMs: number;
  /** What the call must have in `with`. */
  readonly expectWith?: YamlNode;
}

/** What some calls are answered with. */
export interface Stub {
  readonly at: number;
  readonly action?: string;
  readonly node?: string;
  readonly ifWith?: YamlNode;
  /** One for every call, or one for each when `isList`. */
  readonly answers: readonly StubAnswer[];
  readonly isList: boolean;
}

/** Something a waiting run is given. */
export interface Given {
  readonly at: number;
  readonly node?: string;
  readonly value: YamlNode;
  readonly isRefused: boolean;
}

/** One run and what must come of it. */
export interface FlowTest {
  readonly name: string;
  readonly at: number;
  readonly input: JsonObject;
  readonly variables: JsonObject;
  readonly env: JsonObject;
  readonly overlays: readonly string[];
  readonly nowMs: number;
  readonly seed: number;
  readonly stubs: readonly Stub[];
  readonly given: readonly Given[];
  readonly interrupts: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** The tree of `expect`; undefined when there is none. */
  readonly expect: YamlNode | undefined;
  /** The tree of the whole test. */
  readonly node: YamlNode;
}

/** A read test file. */
export interface TestFile {
  readonly file: string;
  /** As the file names it; absent for the flow of the same name. */
  readonly flow?: string;
  readonly tests: readonly FlowTest[];
  /** Where places are looked up, and what is wrong is collected. */
  readonly problems: ProblemList;
}

/** Reads a test file; `tests` are there only when nothing is wrong with it. */
export function parseTestFile(
  text: string,
  file: string,
): { readonly suite?: TestFile; readonly diagnostics: readonly Diagnostic[] } {
  const { root, problems } = readYaml(text, file);
  if (root === undefined) return { diagnostics: problems.sorted() };
  checkShape({ problems, isStrict: false }, root, tableShape(TEST_FILE_KEYS), 'test file');
  if (problems.hasErrors) return { diagnostics: problems.sorted() };
  const tests = itemsOf(childOf(root, 'tests')).map((test) => readTest(problems, root, test));
  checkNames(problems, tests);
  if (problems.hasErrors) return { diagnostics: problems.sorted() };
  const flow = textOf(childOf(root, 'flow'));
  const suite = { file, tests, problems, ...(flow === undefined ? {} : { flow }) };
  return { suite, diagnostics: problems.sorted() };
}

function readTest(problems: ProblemList, root: YamlNode, node: YamlNode): FlowTest {
  /** The value of a key that the file may set for all its tests. */
  const shared = (name: string): YamlNode | undefined => childOf(node, name) ?? childOf(root, name);
  const both = (name: string): JsonObject => ({
    ...toJsonObject(childOf(root, name)),
    ...toJsonObject(childOf(node, name)),
  });
  const stubs = [...itemsOf(childOf(node, 'stubs')), ...itemsOf(childOf(root, 'stubs'))];
  const name = childOf(node, 'name');
  return {
    node,
    at: name?.start ?? node.start,
    name: textOf(name) ?? '',
    input: toJsonObject(childOf(node, 'input')),
    variables: both('variables'),
    env: both('env'),
    overlays: textsOf(childOf(node, 'overlays')),
    nowMs: readInstant(problems, shared('now')),
    seed: Number(scalarOf(shared('seed')) ?? 1),
    stubs: stubs.map((stub) => readStub(problems, stub)),
    given: itemsOf(childOf(node, 'given')).map(readGiven),
    interrupts: {
      before: textsOf(childOf(node, 'interrupt_before')),
      after: textsOf(childOf(node, 'interrupt_after')),
    },
    expect: childOf(node, 'expect'),
  };
}

function readStub(problems: ProblemList, node: YamlNode): Stub {
  const action = textOf(childOf(node, 'action'));
  const on = textOf(childOf(node, 'node'));
  const ifWith = childOf(node, 'if_with');
  const calls = childOf(node, 'calls');
  if (action === undefined && on === undefined) {
    const message = 'A stub needs `action` or `node`, to say which calls it answers.';
    problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  }
  const own = ['result', 'error', 'delay', 'expect_with'].find((name) => childOf(node, name) !== undefined);
  if (calls !== undefined && own !== undefined) {
    const message = `A stub has either \`calls\` or \`${own}\`.`;
    problems.add({
      code: 'SPEC_INVALID',
      at: calls.start,
      message,
      hint: `Put \`${own}\` into the items of \`calls\`.`,
    });
  }
  return {
    at: node.start,
    ...(action === undefined ? {} : { action }),
    ...(on === undefined ? {} : { node: on }),
    ...(ifWith === undefined ? {} : { ifWith }),
    answers: (calls === undefined ? [node] : itemsOf(calls)).map((answer) => readAnswer(problems, answer)),
    isList: calls !== undefined,
  };
}

function readAnswer(problems: ProblemList, node: YamlNode): StubAnswer {
  const result = childOf(node, 'result');
  const error = childOf(node, 'error');
  const expectWith = childOf(node, 'expect_with');
  if (result !== undefined && error !== undefined) {
    const message = 'A call gives either `result` or `error`.';
    problems.add({ code: 'SPEC_INVALID', at: error.start, message });
  }
  const code = error === undefined ? undefined : readCode(problems, childOf(error, 'code'));
  const message = textOf(childOf(error, 'message')) ?? 'The stub says so.';
  return {
    delayMs: parseDurationMs(scalarOf(childOf(node, 'delay')) ?? 0) ?? 0,
    ...(result === undefined ? {} : { result }),
    ...(code === undefined ? {} : { error: { code, message } }),
    ...(expectWith === undefined ? {} : { expectWith }),
  };
}

function readCode(problems: ProblemList, node: YamlNode | undefined): ErrorCode | undefined {
  const code = textOf(node) ?? '';
  if (isErrorCode(code)) return code;
  const hint = problems.suggest(code, Object.keys(ERROR_FACTS));
  const message = `There is no error code \`${code}\`.`;
  problems.add({ code: 'SPEC_INVALID', at: node?.start ?? 0, message, ...(hint === undefined ? {} : { hint }) });
  return undefined;
}

function readGiven(node: YamlNode): Given {
  const on = textOf(childOf(node, 'node'));
  return {
    at: node.start,
    ...(on === undefined ? {} : { node: on }),
    value: childOf(node, 'value') ?? node,
    isRefused: childOf(node, 'refused') !== undefined,
  };
}

function readInstant(problems: ProblemList, node: YamlNode | undefined): number {
  if (node === undefined) return DEFAULT_NOW_MS;
  const atMs = parseInstant(textOf(node) ?? '');
  if (atMs !== undefined) return atMs;
  const message = '`now` must be an instant such as `2026-01-05T08:00:00Z`.';
  problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  return DEFAULT_NOW_MS;
}

function checkNames(problems: ProblemList, tests: readonly FlowTest[]): void {
  const seen = new Set<string>();
  for (const { name, at, expect } of tests) {
    if (seen.has(name)) problems.add({ code: 'SPEC_INVALID', at, message: `Two tests are called \`${name}\`.` });
    seen.add(name);
    const code = childOf(childOf(expect, 'error'), 'code');
    if (code !== undefined) readCode(problems, code);
  }
}

function scalarOf(node: YamlNode | undefined): string | number | undefined {
  const value = node === undefined ? undefined : toJson(node);
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}

function textsOf(node: YamlNode | undefined): readonly string[] {
  return itemsOf(node).map((item) => textOf(item) ?? '');
}
