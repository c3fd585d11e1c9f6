/** Tests of flows: what a `*.test.yaml` says, a clock that jumps, stubbed actions, and where a run is not as expected. */
export { JumpClock } from './jump-clock.ts';
export { checkReferences } from './reference-check.ts';
export { type TestDifference, type TestResult, toResult } from './report.ts';
export { StubbedActions } from './stubbed-actions.ts';
export { type FlowTest, parseTestFile, type TestFile } from './test-file.ts';
export { TEST_FILE_KEYS } from './test-language.ts';
export { runToRest } from './test-run.ts';
export { TEST_SECRETS } from './test-secrets.ts';
