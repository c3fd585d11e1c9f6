import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ERROR_FACTS,
  type ErrorCode,
  type ErrorFacts,
  fromErrorData,
  hasCode,
  isErrorCode,
  MoonpoolError,
  toErrorData,
} from './errors.ts';

const AREAS = ['SPEC', 'LUA', 'EXPR', 'FLOW', 'STORE', 'CONN', 'HTTP', 'ADMIT', 'CONFIG', 'AUTH', 'CLI', 'BUG'];
/** Exit codes the command may end with for an error; 75 and 130 are outcomes. */
const EXITS = [1, 2, 3];

describe('ERROR_FACTS', () => {
  for (const [code, facts] of Object.entries(ERROR_FACTS) as [ErrorCode, ErrorFacts][]) {
    it(`describes ${code} by an area, a status, an exit code and one sentence`, () => {
      assert.match(code, /^[A-Z]+(?:_[A-Z]+)+$/);
      assert.ok(AREAS.includes(code.split('_')[0] ?? ''));
      assert.ok(Number.isInteger(facts.http) && facts.http >= 400 && facts.http <= 599);
      assert.ok(EXITS.includes(facts.exit));
      assert.match(facts.about, /^[A-Z][^]*[^.]\.$/);
    });
  }
});

describe('isErrorCode', () => {
  for (const [text, is] of [
    ['LUA_TIMEOUT', true],
    ['LUA_TIMEOUTS', false],
    ['toString', false],
    ['__proto__', false],
    ['', false],
  ] as const) {
    it(`is ${is} for '${text}'`, () => assert.equal(isErrorCode(text), is));
  }
});

describe('MoonpoolError', () => {
  it('carries its code, its details and its cause', () => {
    const cause = new Error('below');

    const error = new MoonpoolError('CONN_TIMEOUT', 'Too late.', { details: { attempt: 2 }, cause });

    assert.equal(error.code, 'CONN_TIMEOUT');
    assert.deepEqual(error.details, { attempt: 2 });
    assert.equal(error.cause, cause);
    assert.equal(String(error), 'MoonpoolError: Too late.');
  });

  it('has no cause when none is given', () => {
    assert.equal('cause' in new MoonpoolError('LUA_RAISED', 'x'), false);
  });
});

describe('error data', () => {
  const errors = [
    new MoonpoolError('LUA_RAISED', 'at line 3', { details: { line: 3, __proto__: null } }),
    new MoonpoolError('FLOW_TIMEOUT', ''),
  ];
  for (const error of errors) {
    it(`keeps ${error.code}, its message and its details through JSON`, () => {
      const back = fromErrorData(JSON.parse(JSON.stringify(toErrorData(error))));

      assert.ok(back instanceof MoonpoolError);
      assert.equal(back.code, error.code);
      assert.equal(back.message, error.message);
      assert.deepEqual(back.details, JSON.parse(JSON.stringify(error.details)));
    });
  }

  it('holds no cause and no stack', () => {
    const data = toErrorData(new MoonpoolError('LUA_RAISED', 'x', { cause: new Error('secret') }));

    assert.deepEqual(data, { code: 'LUA_RAISED', message: 'x' });
  });

  const strangers: readonly [string, unknown, string][] = [
    ['an Error of others', new TypeError('no such thing'), 'Unexpected: no such thing'],
    ['text', 'boom', 'Unexpected: boom'],
    ['undefined', undefined, 'Unexpected: undefined'],
    ['an object without a prototype', Object.create(null), 'Unexpected: a value that has no text'],
    [
      'an Error of others with a code of ours',
      Object.assign(new Error('fake'), { code: 'LUA_TIMEOUT' }),
      'Unexpected: fake',
    ],
  ];
  for (const [what, thrown, message] of strangers) {
    it(`makes BUG_INVARIANT of ${what}`, () => {
      assert.deepEqual(toErrorData(thrown), { code: 'BUG_INVARIANT', message });
    });
  }
});

describe('hasCode', () => {
  it('is true for a live error and for its data', () => {
    const error = new MoonpoolError('STORE_FULL', 'x');

    assert.ok(hasCode(error, 'STORE_FULL'));
    assert.ok(hasCode(toErrorData(error), 'STORE_FULL'));
  });

  for (const thrown of [undefined, null, 'STORE_FULL', { code: 'STORE_LOCKED' }, new Error('STORE_FULL')]) {
    it(`is false for ${JSON.stringify(thrown)}`, () => assert.equal(hasCode(thrown, 'STORE_FULL'), false));
  }
});
