import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { anAction, startEngine, type TestEngine } from '../../test/support/engine.ts';
import { RecordedMetrics } from '../../test/support/recorded-metrics.ts';
import { assertProblem, useServing, memoryRuns } from '../../test/support/serving.ts';
import { openEvents, type SseEvent, type SseStream } from '../../test/support/sse.ts';
import { type JsonValue, type Labels, type RunId, systemClock } from '../core/index.ts';
import type { Run } from '../engine/index.ts';
import type { Flow } from '../flow/index.ts';
import { RunEvents } from './run-events.ts';

const ASK = `
name: ask
nodes:
  - { name: first, run: 'return { a = 1 }' }
  - { name: ask, uses: human.input, with: { prompt: 'Which?' }, output: answer }
  - { name: last, run: 'return { b = 2 }' }
`;
const FORK = `
name: fork
nodes:
  - { name: fork, parallel: [a, b], fan_in: join }
  - { name: a, run: 'return { a = 1 }', goto: a2 }
  - { name: a2, uses: test.echo, with: { x: 1 } }
  - { name: b, run: 'return { b = 1 }', goto: b2 }
  - { name: b2, uses: test.echo, with: { x: 2 } }
  - { name: join, run: 'return { parallel_results = array{} }' }
`;
/** 200 steps of 64 KiB each: more than sockets and buffers hold. */
const LARGE = `
name: large
nodes:
  - name: again
    run: 'return { count = (state.count or 0) + 1, text = string.rep("x", 65536) }'
    goto:
      - { if: 'state.count < 200', to: again }
      - { to: end }
  - { name: end, run: 'return {}' }
`;

const ids = (events: readonly SseEvent[]): number[] => events.map(({ id }) => Number(id));
const names = (events: readonly SseEvent[]): string[] => events.map(({ event }) => event);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** The events of each branch, without what differs between two tellings. */
function byBranch(events: readonly SseEvent[]): Record<string, unknown[]> {
  const branches: Record<string, unknown[]> = {};
  for (const { data } of events) {
    const { seq: _, ...rest } = data;
    (branches[String(data['branch'] ?? '')] ??= []).push(rest);
  }
  return branches;
}

/** Tells when a stream ends. */
class StreamMetrics extends RecordedMetrics {
  #tell: (labels: Labels) => void = () => {};

  override counter(name: string): ReturnType<RecordedMetrics['counter']> {
    const counter = super.counter(name);
    return {
      add: (count, labels = {}) => {
        counter.add(count, labels);
        if (name === 'moonpool_event_streams_ended_total') this.#tell(labels);
      },
    };
  }

  nextStreamEnd(): Promise<Labels> {
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }
}

describe('the events of a run over HTTP', () => {
  const serving = useServing();
  let engine: TestEngine;
  let metrics: StreamMetrics;

  beforeEach(() => {
    metrics = new StreamMetrics();
    engine = startEngine({ actions: [anAction('test.echo', ({ x }) => x as number)], clock: serving().clock });
  });
  afterEach(() => engine[Symbol.asyncDispose]());

  async function serve(flows: readonly Flow[] = [ASK, FORK, LARGE].map((yaml) => engine.flow(yaml))): Promise<void> {
    await serving().listen({}, { parts: { runner: engine.runner, runs: engine.store, flows, metrics } });
  }
  async function start(flow: string): Promise<string> {
    return (await serving().post(`/api/flows/${flow}/runs`, '{}')).json['id'] as string;
  }
  const open = (id: string, lastId?: string): Promise<SseStream> => {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
    return openEvents(`http://127.0.0.1:${serving().port}/api/runs/${id}/events`, headers);
  };
  const give = (id: string, input: JsonValue): Promise<unknown> =>
    serving().post(`/api/runs/${id}/input`, JSON.stringify({ input }));
  const ended = async (id: string): Promise<void> => void (await engine.runner.find(id as RunId)?.outcome);

  it('come as they happen, over a wait, and stop with the end of the run', async () => {
    await serve();
    const id = await start('ask');
    await using stream = await open(id);
    assert.equal(stream.status, 200);
    assert.equal(stream.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(stream.headers['x-content-type-options'], 'nosniff');

    const before = await stream.until('run.waiting');
    await give(id, { n: 1 });
    const after = await stream.until();

    assert.deepEqual(names(before).slice(0, 3), ['run.started', 'node.started', 'node.finished']);
    assert.equal(after.at(-1)?.event, 'run.finished');
    const events = [...before, ...after];
    assert.deepEqual(ids(events), upTo(events.length));
    for (const { event, id: seq, data } of events) {
      assert.equal(data['event'], event);
      assert.equal(String(data['seq']), seq);
      assert.equal(data['run_id'], id);
    }
    assert.deepEqual(after.at(-1)?.data['data'], { status: 'succeeded', state: { a: 1, answer: { n: 1 }, b: 2 } });
  });

  it('go on behind Last-Event-ID, and start anew for a number this run never came to', async () => {
    await serve();
    const id = await start('ask');
    const all = await (await open(id)).until('run.waiting');
    await give(id, {});
    await ended(id);
    const whole = await (await open(id)).until();

    assert.deepEqual(ids(await (await open(id, '2')).until()), ids(whole).slice(3));
    assert.deepEqual(await (await open(id, all.at(-1)?.id)).until(), whole.slice(all.length));
    for (const strange of ['99', '-1', 'x', '1e3']) assert.deepEqual(await (await open(id, strange)).until(), whole);
    assert.equal((await open(id, whole.at(-1)?.id)).status, 204, 'tells a browser to ask no more');
  });

  it('are made again for a run that nobody listened to', async () => {
    await serve();
    const flow = engine.flow(FORK);
    const heard = await start('fork');
    await ended(heard);
    const run = engine.runner.start(flow, {});
    await run.outcome;

    const told = await (await open(run.id)).until();

    const live = await (await open(heard)).until();
    const unnamed = (events: readonly SseEvent[]): unknown =>
      JSON.parse(JSON.stringify(byBranch(events)).replaceAll(heard, 'ID').replaceAll(run.id, 'ID'));
    assert.deepEqual(unnamed(told), unnamed(live));
    assert.deepEqual(ids(told), upTo(told.length));
  });

  it('are made again up to where an unheard run waits, and from there once it has ended', async () => {
    await serve();
    const run = engine.runner.start(engine.flow(ASK), {});
    await run.untilRest();
    await using stream = await open(run.id);

    const before = await stream.until('run.waiting');
    await run.give({});
    const after = await stream.until();

    assert.deepEqual(ids([...before, ...after]), upTo(before.length + after.length));
    assert.deepEqual(names(after).slice(-1), ['run.finished']);
    const again = await (await open(run.id, '2')).until();
    assert.deepEqual(again, [...before, ...after].slice(3));
  });

  it('are refused when they cannot be made any more', async () => {
    await engine[Symbol.asyncDispose]();
    const { clock } = serving();
    engine = startEngine({ clock, store: memoryRuns({ maxRuns: 9, maxEndedEntries: 0 }) });
    await serve([engine.flow(ASK)]);
    const run = engine.runner.start(engine.flow(ASK), {});
    run.cancel('enough');
    await run.outcome;
    assertProblem(await serving().ask('GET', `/api/runs/${run.id}/events`), 'HTTP_GONE');
  });

  it('are refused when the flow was changed', async () => {
    await serve([engine.flow(ASK.replace('b = 2', 'b = 3'))]);
    const run = engine.runner.start(engine.flow(ASK), {});
    await run.untilRest();
    run.cancel('enough');
    await run.outcome;
    const answer = await serving().ask('GET', `/api/runs/${run.id}/events`);
    assertProblem(answer, 'HTTP_GONE');
    assert.match(String(answer.json['detail']), /changed/);
  });

  it('reach every client, and one that leaves is forgotten', async () => {
    await serve();
    const id = await start('ask');
    const streams = await Promise.all(upTo(20).map(() => open(id)));
    for (const stream of streams) await stream.until('run.waiting');
    assert.equal(metrics.gauges()['moonpool_event_streams'], 20);

    const [leaver, ...others] = streams;
    const left = metrics.nextStreamEnd();
    leaver?.leave();
    assert.deepEqual(await left, { how: 'gone' });
    assert.equal(metrics.gauges()['moonpool_event_streams'], 19);
    await give(id, {});
    for (const stream of others) assert.equal((await stream.until()).at(-1)?.event, 'run.finished');
  });

  it('are for 64 clients at once', async () => {
    await serve();
    const id = await start('ask');
    const streams = await Promise.all(upTo(64).map(() => open(id)));
    assertProblem(await serving().ask('GET', `/api/runs/${id}/events`), 'ADMIT_FULL');
    for (const stream of streams) stream.leave();
  });

  it('are followed by a comment every 15 s, for longer than any request may take', async () => {
    await serve();
    const id = await start('ask');
    await using stream = await open(id);
    await stream.until('run.waiting');
    await serving().clock.advance(600_000);
    await give(id, {});
    assert.equal((await stream.until()).at(-1)?.event, 'run.finished');
    assert.equal(stream.text.split('\n').filter((line) => line === ':').length, 40);
  });

  it('stop whole when the server stops, and what waits for a run is answered', async () => {
    await serve();
    const id = await start('ask');
    await using stream = await open(id);
    await stream.until('run.waiting');

    await serving().server.close();

    assert.deepEqual(await stream.until(), []);
    assert.match(stream.text, /: the server is stopping\n\n$/);
  });

  it('are cut for a client that does not read, which goes on later where it was', { timeout: 30_000 }, async () => {
    await serve();
    const id = await start('large');
    await using slow = await open(id);
    await ended(id);

    const got: SseEvent[] = [];
    await assert.rejects(async () => {
      for (let event = await slow.next(); event !== undefined; event = await slow.next()) got.push(event);
    });
    assert.ok(got.length < 400, `${got.length}`);
    for (let last = got.at(-1); last?.event !== 'run.finished'; last = got.at(-1)) {
      await using more = await open(id, last?.id);
      got.push(...(await more.until()));
    }
    assert.deepEqual(ids(got), upTo(got.length));
    assert.equal(got.filter(({ event }) => event === 'node.finished').length, 201);
  });
});

describe('RunEvents', () => {
  const never = new AbortController().signal;

  async function collect(events: RunEvents, id: RunId, after?: number): Promise<SseEvent[]> {
    const found: SseEvent[] = [];
    for await (const frame of (await events.follow(id, after, never)) ?? []) {
      const text = Buffer.from(frame).toString();
      const [, seq = '', event = '', data = ''] = /^id: (\d+)\nevent: (.*)\ndata: (.*)\n\n$/.exec(text) ?? [];
      found.push({ id: seq, event, data: JSON.parse(data) as SseEvent['data'] });
    }
    return found;
  }

  function over(yaml: string, limits: { maxCount: number; maxTotalBytes?: number }) {
    const engine = startEngine({ actions: [anAction('test.echo', ({ x }) => x as number)] });
    const flow = engine.flow(yaml);
    const events = new RunEvents(
      {
        runner: engine.runner,
        runs: engine.store,
        clock: systemClock,
        metrics: new RecordedMetrics(),
        flowNamed: () => flow,
      },
      { maxBytes: 1_000_000, maxTotalBytes: 1_000_000, ...limits },
    );
    return { engine, flow, events };
  }

  for (const yaml of [ASK, FORK]) {
    it(`tells by replay what has left the buffer, then goes on with the buffer: ${yaml.slice(7, 11)}`, async () => {
      const { engine, flow, events } = over(yaml, { maxCount: 4 });
      await using _ = engine;
      const heard: SseEvent[] = [];
      const full = over(yaml, { maxCount: 1_000 });
      await using _full = full.engine;
      const begin = (one: typeof full): Run => one.events.start(one.flow, {});
      const runs = [begin({ engine, flow, events }), begin(full)] as const;
      for (const run of runs) {
        if ((await run.untilRest()).kind === 'waiting') await run.give({});
        await run.outcome;
      }
      heard.push(...(await collect(full.events, runs[1].id)));

      const told = await collect(events, runs[0].id);

      const unnamed = (list: readonly SseEvent[]): unknown =>
        JSON.parse(
          JSON.stringify(byBranch(list))
            .replaceAll(/\d{13}/g, '0')
            .replaceAll(runs[0].id, 'ID')
            .replaceAll(runs[1].id, 'ID'),
        );
      assert.deepEqual(unnamed(told), unnamed(heard));
      assert.deepEqual(ids(told), upTo(heard.length));
    });
  }

  it('follows a run that waits although its first events have left the buffer', async () => {
    const { engine, flow, events } = over(ASK.replace('nodes:', `nodes:\n  - { name: zero, run: 'return {}' }`), {
      maxCount: 4,
    });
    await using _ = engine;
    const run = events.start(flow, {});
    await run.untilRest();
    const following = collect(events, run.id);
    await run.give({});
    const told = await following;
    assert.deepEqual(ids(told), upTo(told.length));
    assert.equal(told.at(-1)?.event, 'run.finished');
  });

  it('keeps all runs together within the limit, and tells those it let go by replay', async () => {
    const { engine, flow, events } = over(ASK, { maxCount: 1_000, maxTotalBytes: 2_000 });
    await using _ = engine;
    const runs: Run[] = [];
    for (let count = 0; count < 5; count += 1) {
      const run = events.start(flow, {});
      await run.untilRest();
      await run.give({});
      await run.outcome;
      runs.push(run);
    }
    for (const run of runs) {
      const told = await collect(events, run.id);
      assert.deepEqual(ids(told), upTo(told.length));
      assert.equal(told.at(-1)?.event, 'run.finished');
    }
  });
});
