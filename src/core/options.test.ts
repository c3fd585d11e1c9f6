import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bytes,
  ConfigError,
  checkOptions,
  choice,
  describeRange,
  duration,
  type Field,
  flag,
  int,
  ratio,
  resolveOptions,
  type Table,
  text,
  texts,
} from './options.ts';
import { KIB, MIB } from './units.ts';

const about = 'For the test.';
const TABLE = {
  laneCount: int({ key: 'lanes', fallback: 2, min: 1, max: 64, about }),
  timeoutMs: duration({ key: 'timeout', fallback: 5_000, min: 1, max: 600_000, about }),
  memoryBytes: bytes({ key: 'memory', fallback: 16 * MIB, min: 256 * KIB, max: 256 * MIB, about }),
  shareRatio: ratio({ key: 'share', fallback: 0.5, about }),
  isStrict: flag({ key: 'strict', fallback: false, about }),
  level: choice({ key: 'level', fallback: 'info', words: ['debug', 'info'], about }),
  title: text({ key: 'title', fallback: '', maxLength: 5, about }),
  hosts: texts({ key: 'hosts', fallback: [], maxCount: 2, about }),
} satisfies Table;

const problemsOf = (input: Parameters<typeof checkOptions>[2]): string[] =>
  checkOptions('lua', TABLE, input).problems.map(({ path, message }) => `${path}: ${message}`);

describe('resolveOptions', () => {
  it('gives every fallback when nothing is written', () => {
    assert.deepEqual(resolveOptions('lua', TABLE), {
      laneCount: 2,
      timeoutMs: 5_000,
      memoryBytes: 16 * MIB,
      shareRatio: 0.5,
      isStrict: false,
      level: 'info',
      title: '',
      hosts: [],
    });
  });

  it('gives values in the units of the code', () => {
    const options = resolveOptions('lua', TABLE, { timeout: '2m', memory: '1MiB', hosts: 'a, b', strict: 'true' });

    assert.equal(options.timeoutMs, 120_000);
    assert.equal(options.memoryBytes, MIB);
    assert.deepEqual(options.hosts, ['a', 'b']);
    assert.equal(options.isStrict, true);
  });

  it('freezes what it gives', () => {
    const options = resolveOptions('lua', TABLE, { hosts: ['a'] });

    assert.ok(Object.isFrozen(options));
    assert.ok(Object.isFrozen(options.hosts));
  });

  it('reports every problem at once, each with its path', () => {
    const input = { memroy: '1MiB', timeout: 0, lanes: 65 };

    assert.throws(
      () => resolveOptions('lua', TABLE, input),
      (error) =>
        error instanceof ConfigError &&
        error.code === 'CONFIG_INVALID' &&
        error.problems.length === 3 &&
        error.message ===
          [
            'lua.memroy: unknown option, did you mean memory?',
            'lua.timeout: must be a duration from 1ms to 10m, got 0',
            'lua.lanes: must be a whole number from 1 to 64, got 65',
          ].join('\n'),
    );
  });
});

describe('checkOptions', () => {
  it('keeps the fallback of what is wrong and the rest as written', () => {
    const { options, problems } = checkOptions('lua', TABLE, { lanes: 'many', timeout: '1s' });

    assert.equal(problems.length, 1);
    assert.equal(options.laneCount, 2);
    assert.equal(options.timeoutMs, 1_000);
  });

  it('knows options by their key, not by the name in the code', () => {
    assert.deepEqual(problemsOf({ laneCount: 2 }), ['lua.laneCount: unknown option']);
  });

  for (const key of ['__proto__', 'constructor', 'toString', '']) {
    it(`refuses the key '${key}'`, () => {
      const input = JSON.parse(`{${JSON.stringify(key)}: 1}`) as { [key: string]: number };

      assert.deepEqual(problemsOf(input), [`lua.${key}: unknown option`]);
    });
  }

  for (const [input, got] of [
    [null, 'null'],
    [[], 'list'],
    ['x', 'text'],
    [7, 'number'],
  ] as const) {
    it(`refuses ${got} where an object belongs`, () => {
      assert.deepEqual(problemsOf(input), [`lua: must be an object, got ${got}`]);
    });
  }

  it('shows a long value cut short', () => {
    assert.deepEqual(problemsOf({ level: 'x'.repeat(100) }), [
      `lua.level: must be one of debug, info, got ${'x'.repeat(57)}...`,
    ]);
  });

  it('leaves the dot away when there is no prefix', () => {
    assert.equal(checkOptions('', TABLE, { lanes: 0 }).problems[0]?.path, 'lanes');
  });
});

/** For each field: what it takes with what that gives, and what it refuses. */
const ROWS: readonly {
  field: Field<unknown>;
  takes: readonly (readonly [unknown, unknown])[];
  refuses: readonly unknown[];
}[] = [
  {
    field: TABLE.laneCount,
    takes: [
      [1, 1],
      [64, 64],
      ['64', 64],
      [' 2 ', 2],
      ['2.0', 2],
    ],
    refuses: [
      0,
      65,
      1.5,
      -1,
      '1.5',
      'two',
      '',
      '0x10',
      '1e1',
      null,
      true,
      [],
      {},
      Number.NaN,
      Infinity,
      '9'.repeat(16),
    ],
  },
  {
    field: TABLE.timeoutMs,
    takes: [
      ['1ms', 1],
      ['10m', 600_000],
      [600, 600_000],
      ['0.5s', 500],
      ['30', 30_000],
    ],
    refuses: ['0ms', '600001ms', '11m', 0, 601, -1, '-1s', '1 s', '1S', '1w', '', null, true, Number.NaN, Infinity],
  },
  {
    field: TABLE.memoryBytes,
    takes: [
      ['256KiB', 256 * KIB],
      ['256MiB', 256 * MIB],
      [300_000, 300_000],
      ['1.5MiB', 1.5 * MIB],
    ],
    refuses: ['255KiB', '257MiB', 262_143, '0.5B', '1GiB', '1kib', -1, 1.5, '', null, false],
  },
  {
    field: TABLE.shareRatio,
    takes: [
      [0, 0],
      [1, 1],
      ['0.25', 0.25],
    ],
    refuses: [-0.001, 1.001, '25%', null, true],
  },
  {
    field: TABLE.isStrict,
    takes: [
      [true, true],
      [false, false],
      ['true', true],
      ['false', false],
    ],
    refuses: [1, 0, 'yes', 'on', 'TRUE', '', null],
  },
  { field: TABLE.level, takes: [['debug', 'debug']], refuses: ['Debug', 'warn', '', null, 0] },
  {
    field: TABLE.title,
    takes: [
      ['', ''],
      ['12345', '12345'],
    ],
    refuses: ['123456', 1, null, []],
  },
  {
    field: TABLE.hosts,
    takes: [
      [[], []],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      ['a,b', ['a', 'b']],
      [' a , ', ['a']],
      ['', []],
    ],
    refuses: [['a', 'b', 'c'], 'a,b,c', [1], ['a', null], null, {}],
  },
];

for (const { field, takes, refuses } of ROWS) {
  describe(`option of kind ${field.kind}`, () => {
    for (const [written, given] of takes) {
      it(`takes ${JSON.stringify(written)}`, () => assert.deepEqual(field.parse(written), given));
    }

    for (const written of refuses) {
      it(`refuses ${typeof written === 'number' ? written : JSON.stringify(written)}`, () =>
        assert.equal(field.parse(written), undefined));
    }

    it('takes its own fallback back as it writes it', () => {
      const written = field.format(field.fallback);

      if (!/^\((?:empty|none)\)$/.test(written)) assert.deepEqual(field.parse(written), field.fallback);
    });
  });
}

describe('describeRange', () => {
  const phrases = Object.values(TABLE).map(describeRange);

  it('says what each kind takes', () => {
    assert.deepEqual(phrases, [
      'a whole number from 1 to 64',
      'a duration from 1ms to 10m',
      'a size from 256KiB to 256MiB',
      'a share from 0 to 1',
      'true or false',
      'one of debug, info',
      'text of at most 5 characters',
      'a list of at most 2 texts',
    ]);
  });
});
