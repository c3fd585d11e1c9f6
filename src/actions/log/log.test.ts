import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject, Log } from '../../core/index.ts';
import { createLogAction } from './index.ts';

function aLog(): { log: Log; lines: [string, string, JsonObject][] } {
  const lines: [string, string, JsonObject][] = [];
  const write =
    (level: string) =>
    (event: string, fields: JsonObject = {}) =>
      void lines.push([level, event, fields]);
  return { lines, log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') } };
}

describe('log', () => {
  it('writes a line marked with flow, node and run', async () => {
    const { log, lines } = aLog();
    await callAction(createLogAction({ log }), { message: 'hello', fields: { a: 1, flow: 'other' } });
    const marks = { message: 'hello', flow: 'flow', node: 'node', run_id: 'run-1' };
    assert.deepEqual(lines, [['info', 'flow.logged', { ...marks, fields: { a: 1, flow: 'other' } }]]);
  });

  it('writes at every level', async () => {
    const { log, lines } = aLog();
    for (const level of ['debug', 'info', 'warn', 'error', null]) {
      await callAction(createLogAction({ log }), { message: 1, level });
    }
    assert.deepEqual(
      lines.map(([level]) => level),
      ['debug', 'info', 'warn', 'error', 'info'],
    );
    await assert.rejects(callAction(createLogAction({ log }), { message: 'x', level: 'fatal' }), /schema/);
  });

  it('cuts long messages and leaves out large fields', async () => {
    const { log, lines } = aLog();
    await callAction(createLogAction({ log }), { message: 'x'.repeat(9_000), fields: { a: 'y'.repeat(5_000) } });
    const line = lines[0]?.[2] ?? {};
    assert.equal(String(line['message']).length, 2_000);
    assert.equal(line['fields'], undefined);
    assert.equal(line['fields_left_out'], 5_008);
  });
});
