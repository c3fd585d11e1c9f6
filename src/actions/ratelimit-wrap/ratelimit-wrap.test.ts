import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction, compileSchema } from '../../../test/support/action-call.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import type { JsonObject } from '../../core/index.ts';
import type { Action, ActionCall } from '../../engine/index.ts';
import { createRatelimitWrapAction } from './index.ts';

interface Seen {
  readonly input: JsonObject;
  readonly call: ActionCall;
}

function aWrap(): { readonly action: Action; readonly clock: FakeClock; readonly seen: Seen[] } {
  const clock = new FakeClock();
  const seen: Seen[] = [];
  const inner: Action = {
    name: 'test.echo',
    effect: 'safe',
    about: 'Echoes.',
    withSchema: { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false },
    resultSchema: {},
    async run(input, call) {
      seen.push({ input, call });
      if (input['n'] === 13) throw new Error('unlucky');
      return { value: { ...input }, response: { status: 201, headers: {}, body: '' } };
    },
  };
  const find = (name: string): Action | undefined => (name === inner.name ? inner : undefined);
  return { action: createRatelimitWrapAction({ clock, compileSchema, find }), clock, seen };
}

const ECHO = { limiter: 'api', action: 'test.echo', args: { n: 1 } };

describe('ratelimit.wrap', () => {
  it('calls the action inside with its own input and circumstances, in both spellings', async () => {
    const { action, clock, seen } = aWrap();
    const first = await callAction(action, ECHO, { idempotencyKey: 'k', attempt: 2 });
    await clock.advance(1_000);
    const nested = { limiter: 'api', action: { uses: 'test.echo', with: { n: 2 } } };
    const second = await callAction(action, nested);

    assert.deepEqual(first.value, { result: { n: 1 }, waited_ms: 0, limiter: 'api' });
    assert.equal(first.response?.status, 201);
    assert.deepEqual((second.value as JsonObject)['result'], { n: 2 });
    assert.deepEqual([seen[0]?.call.idempotencyKey, seen[0]?.call.attempt], ['k', 2]);
  });

  it('lets calls through at the rate of their limiter, and says how long each waited', async () => {
    const { action, clock, seen } = aWrap();
    const calls = [1, 2, 3].map(() => callAction(action, { ...ECHO, rpm: 120 }));
    await clock.advance(499);
    assert.equal(seen.length, 1);
    await clock.advance(501);

    const waits = (await Promise.all(calls)).map(({ value }) => (value as JsonObject)['waited_ms']);
    assert.deepEqual(waits, [0, 500, 1_000]);
  });

  it('takes rate and longest wait from the settings of the flow, whatever a node says', async () => {
    const { action, clock, seen } = aWrap();
    const more = { rateLimiters: { api: { perSecond: 2, burst: 2, timeoutMs: 600 } } };
    const calls = [1, 2, 3].map(() => callAction(action, { ...ECHO, rps: 100, burst: 9 }, more));
    await assert.rejects(callAction(action, ECHO, more), { code: 'FLOW_RATE_LIMITED' });
    const patient = callAction(action, { ...ECHO, timeout: '2s' }, more);
    assert.equal(seen.length, 2);
    await clock.advance(500);
    assert.equal(seen.length, 3);
    await clock.advance(500);

    assert.equal(((await patient).value as JsonObject)['waited_ms'], 1_000);
    await Promise.all(calls);
    await callAction(action, { ...ECHO, limiter: 'constructor' }, more);
  });

  it('is another limiter for another flow', async () => {
    const { action, seen } = aWrap();
    await Promise.all(['a', 'b'].map((flowName) => callAction(action, ECHO, { flowName })));

    assert.equal(seen.length, 2);
    await assert.rejects(callAction(action, { ...ECHO, timeout: '999ms' }, { flowName: 'a' }), {
      code: 'FLOW_RATE_LIMITED',
    });
  });

  it('fails at once when the wait would be longer than its timeout or its run', async () => {
    const { action, clock, seen } = aWrap();
    await callAction(action, { ...ECHO, rps: 0.01 });

    await assert.rejects(callAction(action, { ...ECHO, rps: 0.01 }), { code: 'FLOW_RATE_LIMITED' });
    const late = callAction(action, { ...ECHO, rps: 1 }, { deadlineTickMs: clock.tickMs() + 500 });
    await assert.rejects(late, { code: 'FLOW_RATE_LIMITED' });
    assert.equal(seen.length, 1);
    assert.equal(clock.pendingCount, 0);
  });

  it('gives its place back when its run ends', async () => {
    const { action, clock } = aWrap();
    await callAction(action, ECHO);
    const controller = new AbortController();
    const waiting = assert.rejects(callAction(action, ECHO, { signal: controller.signal }), /cancelled/);
    controller.abort(new Error('cancelled'));
    await waiting;

    const next = callAction(action, ECHO);
    await clock.advance(1_000);
    assert.equal(((await next).value as JsonObject)['waited_ms'], 1_000);
  });

  it('passes on how the action inside failed', async () => {
    await assert.rejects(callAction(aWrap().action, { ...ECHO, args: { n: 13 } }), /unlucky/);
  });

  for (const [input, code] of [
    [{ ...ECHO, action: 'test.nothing' }, 'SPEC_UNKNOWN_ACTION'],
    [{ ...ECHO, action: 'ratelimit.wrap' }, 'SPEC_UNKNOWN_ACTION'],
    [{ ...ECHO, args: { n: 'x' } }, 'FLOW_ACTION'],
    [{ ...ECHO, action: { uses: 'test.echo' } }, 'FLOW_ACTION'],
    [{ ...ECHO, timeout: '61m' }, 'FLOW_ACTION'],
    [{ ...ECHO, timeout: 'soon' }, 'FLOW_ACTION'],
  ] as const) {
    it(`refuses ${JSON.stringify(input)} without taking a place`, async () => {
      const { action } = aWrap();
      await assert.rejects(callAction(action, input), { code });
      assert.equal(((await callAction(action, ECHO)).value as JsonObject)['waited_ms'], 0);
    });
  }

  it('takes the lowest and highest limits and nothing beyond', async () => {
    for (const limits of [{ rps: 10_000 }, { rpm: 600_000 }, { rpm: 0.001 }, { burst: 1 }, { burst: 1_000 }]) {
      await callAction(aWrap().action, { ...ECHO, ...limits, timeout: '1h' });
    }
    for (const limits of [{ rps: 0 }, { rps: 10_001 }, { rpm: 0 }, { rpm: 600_001 }, { burst: 0 }, { burst: 1_001 }]) {
      await assert.rejects(callAction(aWrap().action, { ...ECHO, ...limits }), /schema/);
    }
  });
});
