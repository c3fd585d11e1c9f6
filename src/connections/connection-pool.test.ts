import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/support/index.ts';
import { ConnectionPool, type Pooled, type Slot } from './connection-pool.ts';

class FakeConnection implements Pooled {
  isAlive = true;
  listener: (() => void) | undefined;
  async destroy(): Promise<void> {
    this.isAlive = false;
  }
  onGone(listener: () => void): void {
    this.listener = listener;
  }
  goByItself(): void {
    this.isAlive = false;
    this.listener?.();
  }
}

const LIMITS = { maxTotal: 3, maxPerHost: 2, maxQueue: 2, queueWaitMs: 1_000, idleMs: 30_000 };
const never = new AbortController().signal;

function aPool(limits: Partial<typeof LIMITS> = {}) {
  const clock = new FakeClock();
  const pool = new ConnectionPool<FakeConnection>({ ...LIMITS, ...limits }, clock);
  const take = async (host: string): Promise<Slot<FakeConnection>> => {
    const slot = await pool.acquire(host, host, never);
    slot.connection ??= new FakeConnection();
    return slot;
  };
  return { clock, pool, take };
}

describe('ConnectionPool', () => {
  it('gives an idle connection to the next request for its key', async () => {
    const { pool, take } = aPool();
    const first = await take('a');
    const connection = first.connection;

    await pool.release(first, true);
    const second = await take('a');

    assert.equal(second.connection, connection);
    assert.equal(second.isReused, true);
  });

  it('closes a connection that is given back as not reusable', async () => {
    const { pool, take } = aPool();
    const slot = await take('a');

    await pool.release(slot, false);

    assert.equal(slot.connection?.isAlive, false);
    assert.deepEqual(pool.counts, { active: 0, idle: 0, waiting: 0, open: 0 });
  });

  it('lets no more than the cap of a host have one', async () => {
    const { pool, take } = aPool();
    const first = await take('a');
    await take('a');

    const third = take('a');
    assert.equal(pool.counts.waiting, 1);
    await pool.release(first, true);

    assert.equal((await third).isReused, true);
  });

  it('does not let a full host hold up another', async () => {
    const { pool, take } = aPool();
    const [first] = [await take('a'), await take('a')];
    void take('a');

    const other = await take('b');

    assert.equal(other.host, 'b');
    await pool.release(first, true);
    assert.equal(pool.counts.waiting, 0);
  });

  it('closes the idle connection of another host when the total is reached', async () => {
    const { pool, take } = aPool();
    const idle = await take('a');
    const connection = idle.connection;
    await take('b');
    await take('b');
    await pool.release(idle, true);

    const slot = await take('c');

    assert.equal(slot.host, 'c');
    assert.equal(connection?.isAlive, false);
    assert.equal(pool.counts.open, 3);
  });

  it('refuses when the queue is full', async () => {
    const { pool, take } = aPool({ maxTotal: 1, maxPerHost: 1, maxQueue: 1 });
    await take('a');
    void take('a').catch(() => {});

    await assert.rejects(pool.acquire('a', 'a', never), { code: 'CONN_OVERLOADED' });
  });

  it('refuses at once when nobody may wait', async () => {
    const { pool, take } = aPool({ maxTotal: 1, maxPerHost: 1, maxQueue: 0 });
    await take('a');

    await assert.rejects(pool.acquire('a', 'a', never), { code: 'CONN_OVERLOADED' });
  });

  it('refuses one who waited too long, and says when to come back', async () => {
    const { clock, pool, take } = aPool({ maxTotal: 1, maxPerHost: 1 });
    const held = await take('a');
    const waiting = pool.acquire('a', 'a', never);
    const refused = assert.rejects(waiting, { code: 'CONN_OVERLOADED', details: { retry_after_ms: 1000 } });

    await clock.advance(1_000);
    await refused;

    await pool.release(held, false);
    assert.deepEqual(pool.counts, { active: 0, idle: 0, waiting: 0, open: 0 });
    assert.equal(clock.pendingCount, 0);
  });

  it('lets a waiter leave when its signal aborts', async () => {
    const { clock, pool, take } = aPool({ maxTotal: 1, maxPerHost: 1 });
    await take('a');
    const controller = new AbortController();
    const waiting = pool.acquire('a', 'a', controller.signal);

    controller.abort(new Error('gone'));

    await assert.rejects(waiting, /gone/);
    assert.equal(pool.counts.waiting, 0);
    assert.equal(clock.pendingCount, 0);
  });

  it('closes idle connections after their time', async () => {
    const { clock, pool, take } = aPool();
    const slot = await take('a');
    await pool.release(slot, true);

    await clock.advance(29_999);
    assert.equal(pool.counts.idle, 1);
    await clock.advance(1);

    assert.deepEqual(pool.counts, { active: 0, idle: 0, waiting: 0, open: 0 });
    assert.equal(clock.pendingCount, 0);
  });

  it('forgets an idle connection that its peer closed', async () => {
    const { clock, pool, take } = aPool();
    const slot = await take('a');
    await pool.release(slot, true);

    slot.connection?.goByItself();
    await clock.settle();

    assert.equal(pool.counts.open, 0);
  });

  it('refuses waiters and newcomers once closed, and waits for leases', async () => {
    const { clock, pool, take } = aPool({ maxTotal: 1, maxPerHost: 1 });
    const held = await take('a');
    const waiting = assert.rejects(pool.acquire('a', 'a', never), { code: 'CONN_CLOSED' });
    let isClosed = false;
    const closing = pool.close().then(() => {
      isClosed = true;
    });

    await waiting;
    await assert.rejects(pool.acquire('a', 'a', never), { code: 'CONN_CLOSED' });
    await clock.settle();
    assert.equal(isClosed, false);
    await pool.release(held, true);
    await closing;

    assert.equal(held.connection?.isAlive, false);
  });

  it('keeps its caps and serves everybody over any order of taking and giving back', async () => {
    const step = fc.record({ host: fc.constantFrom('a', 'b', 'c'), keep: fc.boolean(), pick: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, pool } = aPool({ maxQueue: 100 });
        const held: Slot<FakeConnection>[] = [];
        let granted = 0;
        const checkCaps = (): void => {
          assert.ok(pool.counts.open <= 3);
          for (const host of ['a', 'b', 'c']) assert.ok(held.filter((slot) => slot.host === host).length <= 2);
        };
        for (const { host, keep, pick } of steps) {
          void pool.acquire(host, host, never).then((slot) => {
            slot.connection ??= new FakeConnection();
            held.push(slot);
            granted += 1;
          });
          await clock.settle();
          checkCaps();
          if (pick < held.length) void pool.release(held.splice(pick, 1)[0] as Slot<FakeConnection>, keep);
          await clock.settle();
          checkCaps();
        }
        while (held.length > 0) {
          await pool.release(held.shift() as Slot<FakeConnection>, true);
          await clock.settle();
          checkCaps();
        }
        assert.equal(granted, steps.length);
        assert.equal(pool.counts.active, 0);
        await pool.close();
        assert.equal(pool.counts.open, 0);
        assert.equal(clock.pendingCount, 0);
      }),
      { numRuns: 50 },
    );
  });
});
