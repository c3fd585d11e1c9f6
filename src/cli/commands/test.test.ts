/** `moonpool test` in-process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moonpool, refuses, WARNING } from '../../../test/support/command-line.ts';
import type { TestResult } from '../../app/index.ts';
import { MoonpoolError } from '../../core/index.ts';

const PASSED: TestResult = { name: 'greets', line: 3, passed: true, differences: [], path: ['hello'] };
const FAILED: TestResult = {
  name: 'greets twice',
  line: 7,
  passed: false,
  path: ['hello', 'again'],
  differences: [
    { line: 9, column: 5, what: 'state.text', expected: ['Hi', { a: {} }], got: 'Hi\u001b[31m' },
    { line: 10, column: 5, what: 'state.more', got: 1 },
    { line: 7, column: 11, what: 'the run', message: 'The run failed.' },
  ],
};

describe('moonpool test', () => {
  it('prints each test below its file, and ends with 0 when all pass', async () => {
    const { code, stdout, stderr, calls } = await moonpool(['test'], {
      tests: [
        ['a.test.yaml', PASSED],
        ['a.test.yaml', { ...PASSED, name: 'again' }],
        ['b.test.yaml', PASSED],
      ],
    });

    assert.equal(
      stdout,
      'a.test.yaml\nok      greets\nok      again\nb.test.yaml\nok      greets\n3 passed, 0 failed\n',
    );
    assert.deepEqual([code, stderr, calls], [0, '', ['runFlowTests .']]);
  });

  it('says of a failed test what was expected, what came and where that stands, and ends with 1', async () => {
    const { code, stdout } = await moonpool(['test', 'a'], { tests: [['a.test.yaml', FAILED]] });

    assert.equal(
      stdout,
      [
        'a.test.yaml',
        'FAILED  greets twice (a.test.yaml:7)',
        '  a.test.yaml:9:5: state.text',
        '    expected ["Hi", {"a": {}}]',
        '    got      "Hi\\u001b[31m"',
        '  a.test.yaml:10:5: state.more',
        '    expected nothing',
        '    got      1',
        '  a.test.yaml:7:11: the run',
        '    The run failed.',
        '  ran hello, again',
        '0 passed, 1 failed',
        '',
      ].join('\n'),
    );
    assert.equal(code, 1);
  });

  it('cuts what is long', async () => {
    const difference = { line: 1, column: 1, what: 'state', expected: 'x'.repeat(600), got: 'y'.repeat(498) };
    const { stdout } = await moonpool(['test'], { tests: [['a', { ...FAILED, differences: [difference] }]] });

    const [, , , expected = '', got = ''] = stdout.split('\n');
    assert.match(expected, /^ {4}expected "x{496}\.\.\.$/);
    assert.match(got, /^ {4}got {6}"y{498}"$/);
  });

  it('prints one JSON document with --json, for nothing too', async () => {
    const { code, stdout } = await moonpool(['test', '--json'], {
      tests: [
        ['a', PASSED],
        ['b', FAILED],
      ],
    });

    assert.deepEqual(JSON.parse(stdout), {
      passed: 1,
      failed: 1,
      files: [
        { file: 'a', tests: [PASSED] },
        { file: 'b', tests: [FAILED] },
      ],
    });
    assert.equal(code, 1);
    assert.equal((await moonpool(['test', '--json'])).stdout, '{"passed":0,"failed":0,"files":[]}\n');
  });

  it('hands on --real, and warns unless it is to be quiet', async () => {
    const { stderr, calls } = await moonpool(['test', 'a', 'b', '--real'], { diagnostics: [WARNING] });

    assert.match(stderr, /warning SPEC_IGNORED/);
    assert.deepEqual(calls, ['runFlowTests a b really']);
    assert.equal((await moonpool(['test', '-q'], { diagnostics: [WARNING] })).stderr, '');
  });

  it('ends with 2 and nothing on standard output when tests cannot be read', async () => {
    await refuses(['test', 'x'], /^error CLI_FILE: No such\./, {
      testsFail: new MoonpoolError('CLI_FILE', 'No such.'),
    });
  });
});
