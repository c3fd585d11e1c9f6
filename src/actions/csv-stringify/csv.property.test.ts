import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject } from '../../core/index.ts';
import { parseCsv } from '../../work/index.ts';
import { createCsvStringifyAction } from './index.ts';

const stringify = createCsvStringifyAction();
const field = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom('"', ',', ';', '\r', '\n', ' ', 'a', '\uFEFF') }),
);
const layout = fc.record({ delimiter: fc.constantFrom(',', ';', '\t', '|'), line_end: fc.constantFrom('crlf', 'lf') });
const options = { types: {}, skipRows: 0, maxBytes: 1_000_000 };

async function toText(input: JsonObject): Promise<string> {
  return String(((await callAction(stringify, input)).value as JsonObject)['text']);
}

describe('csv.stringify and csv.parse', () => {
  it('give lists of texts back as they were', async () => {
    const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 5 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(rows, layout, async (written, how) => {
        const read = parseCsv(await toText({ rows: written, ...how }), {
          ...options,
          delimiter: how.delimiter,
          header: 'none',
        });

        assert.deepEqual(read.ok ? read.rows : read, written);
      }),
    );
  });

  it('give objects of texts back as they were', async () => {
    const rows = fc
      .uniqueArray(field, { minLength: 1, maxLength: 4 })
      .chain((names) => fc.array(fc.record(Object.fromEntries(names.map((name) => [name, field]))), { minLength: 1 }));
    await fc.assert(
      fc.asyncProperty(rows, layout, async (written, how) => {
        const plain = written.map((row) => ({ ...row }));
        const read = parseCsv(await toText({ rows: plain, ...how }), {
          ...options,
          delimiter: how.delimiter,
          header: 'first',
        });

        assert.deepEqual(read.ok ? read.rows : read, plain);
      }),
    );
  });

  it('end for any text, with rows or a reason', () => {
    fc.assert(
      fc.property(field, fc.constantFrom('first' as const, 'none' as const), (text, header) => {
        const read = parseCsv(text, { ...options, delimiter: ',', header });

        assert.ok(read.ok || /^[a-z].*[^.]$/s.test(read.reason));
      }),
    );
  });
});
