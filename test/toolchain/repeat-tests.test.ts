/** The script that repeats tests finds a test that fails now and then, and believes nothing it did not see. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type CommandResult, ROOT, runProgram } from '../support/index.ts';

const HEAD = "import assert from 'node:assert/strict';\nimport { it } from 'node:test';\n";
const SEED = "Number(process.env['MOONPOOL_TEST_SEED'])";

/** Repeats a test file of `body`. */
async function repeat(body: string, ...args: readonly string[]): Promise<CommandResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'repeated-'));
  const file = path.join(folder, 'planted.test.ts');
  writeFileSync(file, `${HEAD}${body}`);
  try {
    return await runProgram(process.execPath, [path.join(ROOT, 'scripts/repeat-tests.ts'), ...args, file], {
      timeoutMs: 90_000,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('repeat-tests', () => {
  it('says how each repetition went, and sums them up in one line', async () => {
    const result = await repeat("it('holds', () => {});\n", '--times', '3');

    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.stdout.match(/^\d\/3 seed \d: green, 1 passed, /gm)?.length, 3);
    assert.match(
      result.stdout,
      /^\| \d{4}-\d\d-\d\d \| 3 × 1 files in rounds of 1, seeds 1–3 \| 3 tests passed, 0 flakes \| /m,
    );
  });

  it('ends at the first flake, and says which seed brings it back', async () => {
    const flaky = `it('holds mostly', () => assert.notEqual(${SEED}, 6));\n`;

    const result = await repeat(flaky, '--times', '9', '--from', '5');
    const again = await repeat(flaky, '--times', '1', '--from', '6');

    assert.equal(result.code, 1);
    assert.match(result.stdout, /^1\/9 seed 5: green/m);
    assert.match(result.stdout, /^2\/9 seed 6: FAILED/m);
    assert.doesNotMatch(result.stdout, /seed 7/);
    assert.match(result.stdout, /npm run test:repeat -- --from 6 --times 1/);
    assert.equal(again.code, 1);
  });

  it('takes a file without a test that ran for a failure', async () => {
    const result = await repeat("it.skip('holds', () => {});\n", '--times', '1');

    assert.equal(result.code, 1, result.stdout);
  });

  for (const [what, args] of [
    ['no times', ['--times', '0']],
    ['half a time', ['--times', '1.5']],
    ['no such file', ['test/nothing-*.test.ts']],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const script = path.join(ROOT, 'scripts/repeat-tests.ts');

      const result = await runProgram(process.execPath, [script, ...args], {});

      assert.equal(result.code, 2);
      assert.notEqual(result.stderr, '');
    });
  }
});
