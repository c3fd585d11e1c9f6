import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { FakeClock } from '../../../test/support/index.ts';
import { createHealth } from '../../core/index.ts';
import { createHealthReportAction } from './index.ts';

describe('health.report', () => {
  it('shows in health, and goes away when all is well', async () => {
    const health = createHealth({ clock: new FakeClock() });
    const action = createHealthReportAction({ health });

    await callAction(action, { part: 'feed', status: 'degraded', reason: 'answered\n500' });
    assert.deepEqual(health.snapshot().reasons, ['feed: answered 500']);
    await callAction(action, { part: 'feed', status: 'failed', reason: null });
    assert.deepEqual(health.snapshot().reasons, ['feed: failed']);
    await callAction(action, { part: 'feed', status: 'ok', reason: 'ignored' });
    assert.equal(health.snapshot().status, 'ok');
  });

  it('takes three words and a name of at most 64 characters', async () => {
    const action = createHealthReportAction({ health: createHealth({ clock: new FakeClock() }) });
    await callAction(action, { part: 'x'.repeat(64), status: 'ok' });
    for (const input of [
      { part: 'x'.repeat(65), status: 'ok' },
      { part: '', status: 'ok' },
      { part: 'x', status: 'fine' },
    ]) {
      await assert.rejects(callAction(action, input), /schema/);
    }
  });
});
