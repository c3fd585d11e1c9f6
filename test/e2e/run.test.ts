import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT, runMoonpool } from '../support/index.ts';

const BRANCHES = join(ROOT, 'examples/branches/flow.yaml');

describe('moonpool run', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moonpool-run-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function aFlowFile(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  it('prints the joined state of twenty branches as JSON and nothing else', async () => {
    const expected: unknown = JSON.parse(await readFile(join(ROOT, 'examples/branches/expected.json'), 'utf8'));

    const { code, stdout } = await runMoonpool(['run', BRANCHES]);

    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), expected);
  });

  it('streams one event per line, each with its run and a rising number, the last with the state', async () => {
    const { code, stdout } = await runMoonpool(['run', BRANCHES, '--stream']);

    const events = stdout
      .trimEnd()
      .split('\n')
      .map(
        (line) => JSON.parse(line) as { event: string; run_id: string; seq: number; branch?: string; data?: object },
      );
    assert.equal(code, 0);
    assert.deepEqual(
      events.map((event) => event.seq),
      events.map((_, index) => index),
    );
    assert.equal(new Set(events.map((event) => event.run_id)).size, 1);
    assert.equal(events[0]?.event, 'run.started');
    assert.equal(events.filter((event) => event.event === 'branch.started').length, 20);
    assert.equal(events.filter((event) => event.event === 'branch.finished').length, 20);
    assert.equal(events.at(-1)?.event, 'run.finished');
    assert.ok('state' in (events.at(-1)?.data ?? {}));
  });

  it('takes input from -i, from a file and from --set', async () => {
    const flow = await aFlowFile(
      'sum.yaml',
      'name: sum\nnodes:\n  - name: add\n    run: return { sum = state.a + state.b }\n',
    );
    const input = await aFlowFile('input.json', '{"a": 1, "b": 2}');

    const inline = await runMoonpool(['run', flow, '-i', '{"a": 1, "b": 2}']);
    const file = await runMoonpool(['run', flow, '-i', `@${input}`]);
    const set = await runMoonpool(['run', flow, '--set', 'a=1', '--set', 'b=2']);

    for (const { stdout } of [inline, file, set]) assert.deepEqual(JSON.parse(stdout), { a: 1, b: 2, sum: 3 });
  });

  it('keeps globals along a path, also across an action in the middle', async () => {
    const flow = await aFlowFile(
      'globals.yaml',
      [
        'name: globals',
        'nodes:',
        '  - { name: set, run: "counter = 41" }',
        '  - { name: act, uses: json.stringify, with: { value: [1] }, output: text }',
        '  - { name: read, run: "return { counter = counter + 1 }" }',
      ].join('\n'),
    );

    const { stdout } = await runMoonpool(['run', flow]);

    assert.equal((JSON.parse(stdout) as { counter: number }).counter, 42);
  });

  it('goes where rules say and ends with the code of the error when a node raises', async () => {
    const flow = await aFlowFile(
      'routes.yaml',
      [
        'name: routes',
        'nodes:',
        '  - name: choose',
        '    run: "return { size = #state.word }"',
        '    goto:',
        '      - { if: state.size > 3, to: long }',
        '      - { to: short }',
        '  - { name: long, run: "error(\'too long: \' .. state.word)" }',
        '  - { name: short, run: "return { ok = true }" }',
      ].join('\n'),
    );

    const short = await runMoonpool(['run', flow, '--set', 'word=abc']);
    const long = await runMoonpool(['run', flow, '--set', 'word=abcd']);

    assert.deepEqual(JSON.parse(short.stdout), { word: 'abc', size: 3, ok: true });
    assert.equal(long.code, 1);
    assert.equal(long.stdout, '');
    assert.match(long.stderr, /error LUA_RAISED: .*too long: abcd/);
    assert.doesNotMatch(long.stderr, /\n\s+at /);
  });

  it('gives the same result for every run of the same flow and input', async () => {
    const first = await runMoonpool(['run', BRANCHES]);
    const second = await runMoonpool(['run', BRANCHES]);

    assert.equal(first.stdout, second.stdout);
  });
});
