import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { type JsonObject, silentLog, systemClock } from '../../core/index.ts';
import type { BlobStore } from '../../engine/index.ts';
import { createWorkThread } from '../../work/index.ts';
import { createCsvParseAction } from './index.ts';

const LARGE_ROWS = 200_000;
const LARGE = `id,name\n${Array.from({ length: LARGE_ROWS }, (_, n) => `${n},näme ${n}`).join('\n')}\n`;
const stored = new Map([
  ['a'.repeat(64), Buffer.from('name;city\nJürgen;Köln\n', 'latin1')],
  ['b'.repeat(64), Buffer.from(LARGE)],
  ['c'.repeat(64), Buffer.alloc(50 * 1024 * 1024 + 1)],
]);
const blobs = { read: async (blob: string) => stored.get(blob) } as unknown as BlobStore;
const work = createWorkThread({ clock: systemClock, log: silentLog });
after(() => work.close());
const action = createCsvParseAction({ blobs, work, clock: systemClock, stateBytes: 64 * 1024 });
const parse = async (input: JsonObject) => (await callAction(action, input)).value as JsonObject;
const rowsOf = async (text: string, more: JsonObject = {}) => (await parse({ text, ...more }))['rows'];

describe('csv.parse', () => {
  it('gives an object per row, all fields as text', async () => {
    assert.deepEqual(await parse({ text: 'name,age\r\nAnn,030\r\nBob,\r\n' }), {
      rows: [
        { name: 'Ann', age: '030' },
        { name: 'Bob', age: '' },
      ],
      columns: ['name', 'age'],
      total: 2,
    });
  });

  it('reads quotes, doubled quotes, delimiters and line ends in fields', async () => {
    assert.deepEqual(await rowsOf('a,b\n"x, ""y""\r\nz",  "no"\n', { header: false }), [
      ['a', 'b'],
      ['x, "y"\r\nz', '  "no"'],
    ]);
  });

  for (const [name, text, rows] of [
    ['no text', '', []],
    ['a header alone', 'a,b', []],
    ['blank lines', '\n\na\n\n1\n\n', [{ a: '1' }]],
    ['an empty quoted field', 'a\n""\n', [{ a: '' }]],
    ['lone carriage returns', 'a\r1\r2', [{ a: '1' }, { a: '2' }]],
    ['a mark of the encoding', '\uFEFFa\n1', [{ a: '1' }]],
    ['a delimiter at the end', 'a,b\n1,', [{ a: '1', b: '' }]],
    ['a row that ends early', 'a,b\n1', [{ a: '1', b: null }]],
  ] as const) {
    it(`reads ${name}`, async () => assert.deepEqual(await rowsOf(text), rows));
  }

  it('keeps names of prototypes as data', async () => {
    const rows = (await rowsOf('__proto__,constructor\n1,2')) as JsonObject[];
    assert.deepEqual(Object.entries(rows[0] ?? {}), [
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  it('takes names of columns, some of the columns, types and another delimiter', async () => {
    const input = { header: ['n', 'ok', 'x'], columns: ['ok', 'n'], types: { n: 'number', ok: 'boolean' } };
    assert.deepEqual(await rowsOf('-1.5e2;yes;z\n;FALSE;z\n 7 ;1', { ...input, delimiter: ';' }), [
      { ok: true, n: -150 },
      { ok: false, n: null },
      { ok: true, n: 7 },
    ]);
    assert.deepEqual(await rowsOf('a\tb\n1\t2', { delimiter: '\t' }), [{ a: '1', b: '2' }]);
  });

  it('leaves rows out at both ends and still counts them', async () => {
    const result = await parse({ text: 'a\n1\n2\n3\n4', skip_rows: 1, max_rows: 2 });
    assert.deepEqual([result['rows'], result['total']], [[{ a: '2' }, { a: '3' }], 4]);
  });

  it('reads a blob in the encoding it came in, under either key', async () => {
    const handle = { blob: 'a'.repeat(64), type: 'text/csv; charset=iso-8859-1' };
    const rows = [{ name: 'Jürgen', city: 'Köln' }];
    assert.deepEqual((await parse({ blob: handle, delimiter: ';' }))['rows'], rows);
    assert.deepEqual((await parse({ text: handle, delimiter: ';' }))['rows'], rows);
  });

  it('reads what is large in the work thread, with the same result', async () => {
    const wanted = { skip_rows: LARGE_ROWS - 450, types: { id: 'number' } };
    const started = work.inspect().startedCount;
    for (const source of [{ text: LARGE }, { blob: { blob: 'b'.repeat(64), type: 'text/csv' } }]) {
      const { rows, columns, total } = await parse({ ...source, ...wanted });
      assert.deepEqual([(rows as JsonObject[]).length, columns, total], [450, ['id', 'name'], LARGE_ROWS]);
      assert.deepEqual((rows as JsonObject[]).at(-1), { id: LARGE_ROWS - 1, name: `näme ${LARGE_ROWS - 1}` });
    }
    assert.equal(work.inspect().startedCount, started + 1);
    await assert.rejects(parse({ text: LARGE }), { code: 'FLOW_ACTION', message: /half a state/ });
  });

  it('gives rows of exactly half a state and not one byte more', async () => {
    // `[` + `["…"],` is counted as 2 + 5 bytes around the text.
    const most = 'x'.repeat(32 * 1024 - 7);
    assert.deepEqual(await rowsOf(most, { header: false }), [[most]]);
    await assert.rejects(rowsOf(`${most}x`, { header: false }), { code: 'FLOW_ACTION', message: /half a state/ });
  });

  for (const [text, more, message] of [
    ['a,b\n1,2,3', {}, /line 2 has 3 fields for 2 columns/],
    ['a,b\n"1\n\n2",3\n\n1,2,3', {}, /line 6 has 3 fields/],
    ['a\n"hunter2', {}, /the quote in the row of line 2 is never closed/],
    ['a\n"x"hunter2', {}, /line 2 has text behind a closing quote/],
    ['a,a\n1,2', {}, /two columns have the same name/],
    ['a\n1', { columns: ['b'] }, /no column "b"/],
    ['a\n1', { types: { b: 'number' } }, /no column "b"/],
    ['a\n1\nhunter2', { types: { a: 'number' } }, /column "a" in the row of line 3 is no number/],
    ['a\n1e999', { types: { a: 'number' } }, /no number/],
    ['a\nmaybe', { types: { a: 'boolean' } }, /no boolean/],
    ['a', { header: false, columns: ['a'] }, /give header a list/],
    [`${','.repeat(1_000)}`, { header: false }, /more than 1000 fields/],
    ['a', { delimiter: '"' }, /delimiter must be/],
    ['a', { delimiter: '\n' }, /delimiter must be/],
    ['a', { delimiter: 'ü' }, /delimiter must be/],
  ] as const) {
    it(`refuses ${JSON.stringify([text.slice(0, 30), more])}`, async () => {
      await assert.rejects(rowsOf(text, more), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'FLOW_ACTION');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
    });
  }

  it('takes 1,000 fields, the lowest and the highest counts', async () => {
    const rows = (await rowsOf(','.repeat(999), { header: false })) as string[][];
    assert.equal(rows[0]?.length, 1_000);
    await rowsOf('a', { skip_rows: 0, max_rows: 1_000_000 });
    for (const input of [{ skip_rows: -1 }, { max_rows: 0 }, { max_rows: 1_000_001 }, { delimiter: ',,' }]) {
      await assert.rejects(rowsOf('a', input), /schema/);
    }
  });

  it('refuses neither, both, and a blob above 50 MiB', async () => {
    await assert.rejects(parse({}), { code: 'FLOW_ACTION' });
    await assert.rejects(parse({ text: 'a', blob: { blob: 'a'.repeat(64) } }), { code: 'FLOW_ACTION' });
    await assert.rejects(parse({ blob: { blob: 'c'.repeat(64) } }), { code: 'FLOW_ACTION', message: /at most 50MiB/ });
  });
});
