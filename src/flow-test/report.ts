/**
 * What came of tests, as data: places are lines, values are JSON. Pure.
 */
import type { JsonValue } from '../core/index.ts';
import { judge, pathsOf } from './expectation.ts';
import type { FlowTest, TestFile } from './test-file.ts';
import type { Observation } from './test-run.ts';

/** Differences of one test that are told; more than anybody reads. */
const MAX_DIFFERENCES = 20;

/** One expectation that does not hold, and where it stands in the test file. */
export interface TestDifference {
  readonly line: number;
  readonly column: number;
  readonly what: string;
  /** Absent when nothing may be there, and when `message` says it. */
  readonly expected?: JsonValue;
  /** Absent when nothing is there, and when `message` says it. */
  readonly got?: JsonValue;
  readonly message?: string;
}

/** How one test went. */
export interface TestResult {
  readonly name: string;
  readonly line: number;
  readonly passed: boolean;
  readonly differences: readonly TestDifference[];
  /** The nodes that ran on the main path. */
  readonly path: readonly string[];
}

/** The result of `test`, which stands in `suite`. */
export function toResult(suite: TestFile, test: FlowTest, seen: Observation): TestResult {
  const found = judge(test, seen);
  const { problems } = suite;
  const differences = found.slice(0, MAX_DIFFERENCES).map(({ at, ...rest }): TestDifference => {
    const { line, column } = problems.placeOf(at);
    return { line, column, ...rest };
  });
  if (found.length > MAX_DIFFERENCES) {
    const { line, column } = problems.placeOf(test.at);
    const message = `${found.length - MAX_DIFFERENCES} more differences are not shown.`;
    differences.push({ line, column, what: 'the run', message });
  }
  return {
    name: test.name,
    line: problems.placeOf(test.at).line,
    passed: found.length === 0,
    differences,
    path: pathsOf(seen.events).get('') ?? [],
  };
}
