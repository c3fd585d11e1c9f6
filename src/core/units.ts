/**
 * Durations and sizes as people write them: `30s`, `8MiB`. Turned into numbers once, at the border.
 */

/** Bytes in a kibibyte. */
export const KIB = 1024;
/** Bytes in a mebibyte. */
export const MIB = 1024 * KIB;
/** Milliseconds in a second. */
export const SECOND_MS = 1000;
/** Milliseconds in a minute. */
export const MINUTE_MS = 60 * SECOND_MS;
/** Milliseconds in an hour. */
export const HOUR_MS = 60 * MINUTE_MS;
/** Milliseconds in a day of 24 hours; civil days may be 23 or 25. */
export const DAY_MS = 24 * HOUR_MS;

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1000, MB: 1_000_000, KiB: KIB, MiB: MIB };

/**
 * Whole milliseconds from a duration: `250ms`, `30s`, `5m`, `2h`, `1d`, fractions rounded to the
 * nearest; a bare number means seconds.
 *
 * @returns undefined when `value` is not a duration, is negative or is above 2^53 ms
 */
export function parseDurationMs(value: unknown): number | undefined {
  let ms: number;
  if (typeof value === 'number') {
    ms = value * SECOND_MS;
  } else {
    const match = typeof value === 'string' ? /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)?$/.exec(value.trim()) : null;
    if (match === null) return undefined;
    ms = Number(match[1]) * (DURATION_UNITS[match[2] ?? 's'] as number);
  }
  const whole = Math.round(ms);
  return ms >= 0 && Number.isSafeInteger(whole) ? whole : undefined;
}

/**
 * Bytes from a size: `512B`, `100KB`, `50MB` (powers of ten), `256KiB`, `8MiB` (powers of two); a bare number means bytes.
 *
 * @returns undefined when `value` is not a size, is negative or is not a whole number of bytes
 */
export function parseSizeBytes(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const match = /^(\d{1,12}(?:\.\d{1,6})?)(B|KB|MB|KiB|MiB)?$/.exec(value.trim());
  if (match === null) return undefined;
  const size = Number(match[1]) * (SIZE_UNITS[match[2] ?? 'B'] as number);
  // 1.1MB is 1100000.0000000002 in binary: the same number of bytes all the same.
  const whole = Math.round(size);
  return Math.abs(size - whole) < 1e-6 && Number.isSafeInteger(whole) ? whole : undefined;
}

/** The shortest exact way to write a duration: 90000 → `90s`, 60000 → `1m`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = DURATION_UNITS[unit] as number;
    if (ms !== 0 && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${ms}ms`;
}

/** The shortest exact way to write a size: 8388608 → `8MiB`, 50000000 → `50MB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['MiB', 'MB', 'KiB', 'KB'] as const) {
    const size = SIZE_UNITS[unit] as number;
    if (bytes !== 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}
