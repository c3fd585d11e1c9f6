/** The one form of an error on standard error. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, ERROR_FACTS, type ErrorCode, MoonpoolError } from '../core/index.ts';
import { SpecError } from '../spec/index.ts';
import { errorLine, failureExit, failureLines } from './error-line.ts';

describe('failureLines', () => {
  it('names the code, and ends the message as a sentence', () => {
    const error = new MoonpoolError('CLI_FILE', 'a.yaml cannot be read');

    assert.deepEqual(failureLines(error), ['error CLI_FILE: a.yaml cannot be read.']);
    assert.equal(errorLine('CLI_FILE', 'Is it there?'), 'error CLI_FILE: Is it there?');
  });

  it('gives one line for each problem of a configuration, with its place and hint', () => {
    const error = new ConfigError([
      {
        path: 'lua.x',
        message: 'unknown option',
        place: { file: 'm.yaml', line: 2, column: 3 },
        hint: 'Did you mean y?',
      },
      { path: 'http.idle', message: 'must be a duration (MOONPOOL_HTTP__IDLE)' },
      { path: '', message: 'larger than 1 MiB' },
    ]);

    assert.deepEqual(failureLines(error), [
      'm.yaml:2:3: error CONFIG_INVALID: lua.x: unknown option. Did you mean y?',
      'error CONFIG_INVALID: http.idle: must be a duration (MOONPOOL_HTTP__IDLE).',
      'error CONFIG_INVALID: larger than 1 MiB.',
    ]);
  });

  it('gives one line for each diagnostic of a flow', () => {
    const at = { file: 'f.yaml', line: 1, column: 1 };
    const error = new SpecError([
      { severity: 'warning', code: 'SPEC_IGNORED', ...at, message: 'odd' },
      { severity: 'error', code: 'SPEC_INVALID', ...at, message: 'bad', hint: 'Mend it.' },
    ]);

    assert.deepEqual(failureLines(error), [
      'f.yaml:1:1: warning SPEC_IGNORED: odd.',
      'f.yaml:1:1: error SPEC_INVALID: bad. Mend it.',
    ]);
  });

  it('keeps a message on one line and takes out what a terminal would obey', () => {
    const error = new MoonpoolError('LUA_RAISED', 'boom\nstack traceback:\n\t[C]: in ?\u001b[31m red');

    assert.deepEqual(failureLines(error), ['error LUA_RAISED: boom stack traceback: [C]: in ? [31m red.']);
  });

  it('shows no stack of an error that is not ours', () => {
    const lines = failureLines(new TypeError('x is undefined'));

    assert.deepEqual(lines, ['error BUG_INVARIANT: Unexpected: x is undefined. Please report it.']);
  });
});

describe('failureExit', () => {
  for (const code of Object.keys(ERROR_FACTS) as ErrorCode[]) {
    it(`is what the catalogue says for ${code}`, () => {
      assert.equal(failureExit(new MoonpoolError(code, 'm')), ERROR_FACTS[code].exit);
    });
  }

  it('is 1 for anything else, prototype names included', () => {
    for (const error of [new Error('x'), { code: 'ENOENT' }, { code: 'toString' }, null, 'text']) {
      assert.equal(failureExit(error), 1);
    }
  });
});
