/**
 * `os.date` and `os.time` against dates whose fields are known.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../core/index.ts';
import { formatDate, timeFromFields } from './os-date.ts';

const DAY = 86_400;
const dayOf = (text: string): number => timeFromFields({ ...fieldsOf(text), hour: 0 });

function fieldsOf(text: string): { year: number; month: number; day: number } {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return { year, month, day };
}

describe('formatDate', () => {
  // Date, then %j %U %W %G-%V %u %w as GNU date prints them.
  const rows: readonly [string, string][] = [
    ['1970-01-01', '001 00 00 1970-01 4 4'],
    ['2000-02-29', '060 09 09 2000-09 2 2'],
    ['2004-12-31', '366 52 52 2004-53 5 5'],
    ['2005-01-01', '001 00 00 2004-53 6 6'],
    ['2005-01-02', '002 01 00 2004-53 7 0'],
    ['2005-01-03', '003 01 01 2005-01 1 1'],
    ['2008-12-29', '364 52 52 2009-01 1 1'],
    ['2024-12-30', '365 52 53 2025-01 1 1'],
    ['2023-01-01', '001 01 00 2022-52 7 0'],
  ];
  for (const [date, expected] of rows) {
    it(`knows day and week of ${date}`, () => {
      assert.equal(formatDate('%j %U %W %G-%V %u %w', dayOf(date)), expected);
    });
  }

  it('shows midnight and noon on a 12-hour clock', () => {
    const shown = [0, 1, 11, 12, 13, 23].map((hour) => formatDate('%I %p', hour * 3600));

    assert.deepEqual(shown, ['12 AM', '01 AM', '11 AM', '12 PM', '01 PM', '11 PM']);
  });

  it('takes the ends of its range and refuses one past', () => {
    assert.equal(formatDate('%Y', 8.64e12), '275760');
    assert.equal(formatDate('%Y', -8.64e12), '-271821');
    assert.throws(() => formatDate('%Y', 8.64e12 + 1), /out of bounds/);
    assert.throws(() => formatDate('%Y', Number.NaN), /out of bounds/);
  });

  it('refuses a percent sign at the end and names of object properties', () => {
    assert.throws(() => formatDate('100%', 0), /invalid conversion specifier '%'/);
    assert.throws(() => formatDate('%q', 0), /invalid conversion specifier '%q'/);
  });
});

describe('timeFromFields', () => {
  it('is undone by *t', () => {
    for (let day = -200_000; day < 200_000; day += 997) {
      const fields = formatDate('*t', day * DAY + 12_345) as JsonObject;
      assert.equal(timeFromFields(fields), day * DAY + 12_345);
    }
  });

  it('takes whole numbers in text', () => {
    assert.equal(timeFromFields({ year: '1970', month: '1', day: '2', hour: 0 }), DAY);
  });
});
