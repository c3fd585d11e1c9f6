import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject } from '../../core/index.ts';
import { createCsvStringifyAction } from './index.ts';

const action = createCsvStringifyAction();
const stringify = async (input: JsonObject) => ((await callAction(action, input)).value as JsonObject)['text'];

describe('csv.stringify', () => {
  it('writes objects under the keys of all of them', async () => {
    const rows = [
      { a: 1, b: null },
      { c: [1], a: 'x' },
    ];
    assert.equal(await stringify({ rows }), 'a,b,c\r\n1,,\r\nx,,[1]\r\n');
    assert.equal(await stringify({ rows, columns: ['c', 'a'], header: false, line_end: 'lf' }), ',1\n[1],x\n');
  });

  it('writes lists as they are', async () => {
    assert.equal(await stringify({ rows: [['a', 1, true], []] }), 'a,1,true\r\n""\r\n');
    assert.equal(await stringify({ rows: [[1, 2]], columns: ['a', 'b'] }), 'a,b\r\n1,2\r\n');
    assert.equal(await stringify({ rows: [] }), '');
  });

  it('quotes what would be read as something else', async () => {
    const rows = [['a"b', 'a;b', 'a,b', 'a\nb', '\uFEFFa', ' a']];
    assert.equal(await stringify({ rows, delimiter: ';' }), '"a""b";"a;b";a,b;"a\nb";"\uFEFFa"; a\r\n');
  });

  it('refuses rows of no keys, too many keys and a delimiter of its own', async () => {
    const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]));
    await stringify({ rows: [keys(1_000)] });
    await assert.rejects(stringify({ rows: [keys(1_001)] }), { code: 'FLOW_ACTION' });
    await assert.rejects(stringify({ rows: [{}] }), { code: 'FLOW_ACTION' });
    await assert.rejects(stringify({ rows: [], delimiter: '"' }), { code: 'FLOW_ACTION' });
    await assert.rejects(stringify({ rows: [1] }), /schema/);
  });

  it('writes exactly 4 MiB and not one byte more', async () => {
    const most = 'x'.repeat(4 * 1024 * 1024 - 2);
    assert.equal(String(await stringify({ rows: [[most]] })).length, 4 * 1024 * 1024);
    await assert.rejects(stringify({ rows: [[`${most}x`]] }), { code: 'FLOW_ACTION', message: /longer than 4MiB/ });
  });
});
