import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDuration, formatSize, MIB, parseDurationMs, parseSizeBytes } from './units.ts';

describe('parseDurationMs', () => {
  const rows: readonly [unknown, number | undefined][] = [
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1.5h', 5_400_000],
    [' 10s ', 10_000],
    ['0', 0],
    [0.25, 250],
    ['1.001s', 1_001],
    [1.001, 1_001],
    ['0.4ms', 0],
    ['999999999999h', undefined],
    [Number.MAX_VALUE, undefined],
    ['-1s', undefined],
    [-1, undefined],
    ['1e3s', undefined],
    ['1.s', undefined],
    ['.5s', undefined],
    ['1s 2ms', undefined],
    ['s', undefined],
    ['', undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [undefined, undefined],
    [null, undefined],
    [{}, undefined],
  ];
  for (const [written, ms] of rows) {
    it(`reads ${JSON.stringify(written)} as ${ms}`, () => assert.equal(parseDurationMs(written), ms));
  }
});

describe('parseSizeBytes', () => {
  const rows: readonly [unknown, number | undefined][] = [
    ['512B', 512],
    ['100KB', 100_000],
    ['50MB', 50_000_000],
    ['256KiB', 262_144],
    ['8MiB', 8 * MIB],
    ['1.5KiB', 1_536],
    ['1.1MB', 1_100_000],
    ['0', 0],
    [4_096, 4_096],
    ['1.1KiB', undefined],
    [0.5, undefined],
    [-1, undefined],
    ['-1B', undefined],
    ['8mib', undefined],
    ['8 MiB', undefined],
    ['999999999999MiB', undefined],
    [Number.MAX_SAFE_INTEGER + 1, undefined],
    ['', undefined],
    [true, undefined],
  ];
  for (const [written, size] of rows) {
    it(`reads ${JSON.stringify(written)} as ${size}`, () => assert.equal(parseSizeBytes(written), size));
  }
});

describe('formatDuration', () => {
  for (const [ms, written] of [
    [0, '0ms'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [60_000, '1m'],
    [90_000, '90s'],
    [3_600_000, '1h'],
    [172_800_000, '2d'],
  ] as const) {
    it(`writes ${ms} as ${written}`, () => {
      assert.equal(formatDuration(ms), written);
      assert.equal(parseDurationMs(written), ms);
    });
  }
});

describe('formatSize', () => {
  for (const [size, written] of [
    [0, '0B'],
    [1_023, '1023B'],
    [1_024, '1KiB'],
    [1_000, '1KB'],
    [8 * MIB, '8MiB'],
    [50_000_000, '50MB'],
  ] as const) {
    it(`writes ${size} as ${written}`, () => {
      assert.equal(formatSize(size), written);
      assert.equal(parseSizeBytes(written), size);
    });
  }
});
