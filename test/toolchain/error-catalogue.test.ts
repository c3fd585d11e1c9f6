import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ERROR_FACTS } from '../../src/core/index.ts';

const CATALOGUE = 'src/core/errors.ts';
const THIS_FILE = 'test/toolchain/error-catalogue.test.ts';

/** The codes that none of `files` names. */
function unnamedCodes(files: readonly string[]): readonly string[] {
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const named = new Set(text.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g));
  return Object.keys(ERROR_FACTS).filter((code) => !named.has(code));
}

const sources = globSync('src/**/*.ts').filter((file) => file !== CATALOGUE);

describe('the error catalogue', () => {
  it('has no code that nothing raises', () => {
    assert.deepEqual(unnamedCodes(sources.filter((file) => !file.endsWith('.test.ts'))), []);
  });

  it('has no code that no test names', () => {
    const tests = [...sources.filter((file) => file.endsWith('.test.ts')), ...globSync('test/**/*.ts')];

    assert.deepEqual(unnamedCodes(tests.filter((file) => file !== THIS_FILE)), []);
  });

  it('would be found to have codes that nobody names', () => {
    assert.deepEqual(unnamedCodes([]), Object.keys(ERROR_FACTS));
  });
});
