import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { describeRange, KIB, MIB } from '../../core/index.ts';
import { CALL_TABLE, LANES_TABLE, readCallOptions, readLanesOptions } from './call-options.ts';

const PAGE = readFileSync(new URL('../../../docs/reference/lua-library.md', import.meta.url), 'utf8');
const DEFAULTS = { timeoutMs: 100, memoryBytes: 2 * MIB, stateBytes: KIB, nowMs: 5 };

type Range = { readonly taken: readonly unknown[]; readonly refused: readonly unknown[] };
const LIMITS: Record<string, Range> = {
  timeoutMs: { taken: [1, 600_000], refused: [0, 600_001, 1.5, '5s', Number.NaN] },
  memoryBytes: { taken: [MIB, 256 * MIB], refused: [MIB - 1, 256 * MIB + 1, '4MiB'] },
  stateBytes: { taken: [KIB, 16 * MIB], refused: [KIB - 1, 16 * MIB + 1] },
};
const LANES: Record<string, Range> = {
  ...LIMITS,
  lanes: { taken: [1, 64], refused: [0, 65, 1.5, '2', null] },
  queueCount: { taken: [1, 100_000], refused: [0, 100_001] },
  laneIdleMs: { taken: [1_000, 3_600_000], refused: [999, 3_600_001] },
  laneHeapBytes: { taken: [16 * MIB, 1_024 * MIB], refused: [16 * MIB - 1, 1_024 * MIB + 1] },
  salt: { taken: ['', 'x'.repeat(1_000)], refused: ['x'.repeat(1_001), 1] },
};
const CALLS: Record<string, Range> = {
  ...LIMITS,
  seed: { taken: ['', 'x'.repeat(1_000)], refused: ['x'.repeat(1_001), 1] },
  nowMs: { taken: [-8_640_000_000_000_000, 0, 8_640_000_000_000_000], refused: [8_640_000_000_000_001, 0.5, '1'] },
  priority: { taken: ['critical', 'normal', 'optional'], refused: ['urgent', ''] },
  group: { taken: ['', 'x'.repeat(200)], refused: ['x'.repeat(201), 1] },
};

/** Each kind of options: its table, its ranges and how it is read. */
const KINDS = [
  { kind: 'lanes', table: LANES_TABLE, ranges: LANES, read: (options: object) => readLanesOptions(options) },
  { kind: 'a call', table: CALL_TABLE, ranges: CALLS, read: (options: object) => readCallOptions(options, DEFAULTS) },
];

for (const { kind, table, ranges, read } of KINDS) {
  describe(`options of ${kind}`, () => {
    it('are all tried here', () => {
      assert.deepEqual(Object.keys(ranges).sort(), Object.keys(table).sort());
    });

    for (const [name, { taken, refused }] of Object.entries(ranges)) {
      it(`take the lowest and highest ${name} as it is and refuse one past them`, () => {
        for (const value of taken)
          assert.equal(Object.entries(read({ [name]: value })).find(([key]) => key === name)?.[1], value);
        for (const value of refused)
          assert.throws(() => read({ [name]: value }), { code: 'CONFIG_INVALID' }, String(value));
      });

      it(`have ${name} with its range on their page`, () => {
        const field = Object.values(table).find(({ key }) => key === name);

        assert.ok(field !== undefined && PAGE.includes(`| \`${name}\` | ${describeRange(field)} |`), name);
      });
    }
  });
}

describe('readLanesOptions', () => {
  it('gives the defaults that the page names', () => {
    const settings = readLanesOptions({});

    assert.equal(settings.lanes, 1);
    for (const [name, field] of Object.entries(LANES_TABLE)) {
      if (name !== 'salt')
        assert.match(
          PAGE,
          new RegExp(`^\\| \`${name}\` \\|[^|]*\\| ${field.format(field.fallback as never)} \\|`, 'm'),
        );
    }
  });

  it('takes an option that is undefined for one that is absent', () => {
    assert.deepEqual(readLanesOptions({ lanes: undefined } as object), readLanesOptions({}));
  });

  it('reports everything that is wrong at once', () => {
    assert.throws(() => readLanesOptions({ lanes: 0, timeout: 5 } as object), {
      code: 'CONFIG_INVALID',
      message: 'lanes: must be a whole number from 1 to 64, got 0\ntimeout: unknown option, did you mean timeoutMs?',
    });
  });
});

describe('readCallOptions', () => {
  it('takes the limits of the lanes where the call says nothing', () => {
    const { signal } = new AbortController();

    assert.deepEqual(readCallOptions({ timeoutMs: 7, signal }, DEFAULTS), {
      ...{ timeoutMs: 7, memoryBytes: 2 * MIB, stateBytes: KIB, nowMs: 5 },
      ...{ seed: '', priority: 'normal', group: '' },
    });
  });
});
