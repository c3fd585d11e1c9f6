import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { createMetrics } from './metrics.ts';

function lines(text: string, name: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('createMetrics', () => {
  it('gives counters, histograms and gauges as Prometheus text', async () => {
    const metrics = createMetrics({ clock: new FakeClock() });

    metrics.counter('moonpool_x_total', 'X.', ['kind']).add(2, { kind: 'a' });
    metrics.histogram('moonpool_y_seconds', 'Y.', [1, 2]).observe(1.5);
    metrics.gauge('moonpool_z', 'Z.', () => 7);
    const text = await metrics.text();

    assert.deepEqual(lines(text, 'moonpool_x'), ['moonpool_x_total{kind="a"} 2']);
    assert.deepEqual(lines(text, 'moonpool_y_seconds_bucket'), [
      'moonpool_y_seconds_bucket{le="1"} 0',
      'moonpool_y_seconds_bucket{le="2"} 1',
      'moonpool_y_seconds_bucket{le="+Inf"} 1',
    ]);
    assert.deepEqual(lines(text, 'moonpool_z'), ['moonpool_z 7']);
    assert.match(text, /^# HELP moonpool_x_total X\.$/m);
  });

  it('refuses a name that counts something else already', () => {
    const metrics = createMetrics({ clock: new FakeClock() });
    metrics.counter('moonpool_x_total', 'X.', ['kind']);

    assert.throws(() => metrics.counter('moonpool_x_total', 'Other.', ['outcome']), { code: 'BUG_INVARIANT' });
  });

  it('gives the same instrument to who asks again', async () => {
    const metrics = createMetrics({ clock: new FakeClock() });

    metrics.counter('moonpool_x_total', 'X.').add();
    metrics.counter('moonpool_x_total', 'X.').add();
    metrics.histogram('moonpool_y', 'Y.', [1]).observe(1);
    metrics.histogram('moonpool_y', 'Y.', [1]).observe(1);
    metrics.gauge('moonpool_z', 'Z.', () => 1);
    metrics.gauge('moonpool_z', 'Z.', () => 2);
    const text = await metrics.text();

    assert.deepEqual(lines(text, 'moonpool_x_total'), ['moonpool_x_total 2']);
    assert.deepEqual(lines(text, 'moonpool_y_count'), ['moonpool_y_count 2']);
    assert.deepEqual(lines(text, 'moonpool_z'), ['moonpool_z 2']);
  });

  it('throws at nobody who counts wrongly', async () => {
    const metrics = createMetrics({ clock: new FakeClock() });
    const counter = metrics.counter('moonpool_x_total', 'X.', ['kind']);

    counter.add(-1, { kind: 'a' });
    counter.add(Number.NaN, { kind: 'a' });
    counter.add(1, { other: 'label' });
    metrics.histogram('moonpool_y', 'Y.', [1]).observe(Number.NaN);

    assert.deepEqual(lines(await metrics.text(), 'moonpool_x_total'), ['moonpool_x_total{kind=""} 1']);
  });

  it('leaves out a gauge that cannot be read, and shows it again when it can', async () => {
    const metrics = createMetrics({ clock: new FakeClock() });
    let fails = false;
    metrics.gauge('moonpool_z', 'Z.', () => {
      if (fails) throw new Error('x');
      return 1;
    });

    assert.equal(lines(await metrics.text(), 'moonpool_z').length, 1);
    fails = true;
    assert.equal(lines(await metrics.text(), 'moonpool_z').length, 0);
    fails = false;
    assert.equal(lines(await metrics.text(), 'moonpool_z').length, 1);
  });

  it('counts what has too many labels under one', async () => {
    const metrics = createMetrics({ clock: new FakeClock() });
    const counter = metrics.counter('moonpool_x_total', 'X.', ['kind']);

    for (let index = 0; index < 503; index += 1) counter.add(1, { kind: String(index) });
    const found = lines(await metrics.text(), 'moonpool_x_total');

    assert.equal(found.length, 501);
    assert.equal(found.at(-1), 'moonpool_x_total{kind="other"} 3');
  });
});
