import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moonpool, refuses, type Situation, succeeded } from '../../test/support/command-line.ts';
import type { JsonValue } from '../core/index.ts';

function aWait(more: { readonly prompt?: JsonValue; readonly schema?: JsonValue; readonly when?: 'before' } = {}) {
  return { waitingFor: { step: 'main/ask/0', node: 'ask', when: 'result' as const, ...more } };
}
const TEXT = { type: 'string' };
const ended: Situation = { outcome: succeeded({ done: true }) };

describe('a run that waits', () => {
  it('ends with 75, its id and what it asks for, when nobody sits at a terminal', async () => {
    const wait = aWait({ prompt: 'How many\u001b[2J?', schema: { type: 'integer' } });
    for (const quiet of [[], ['-q']]) {
      const { code, stdout, stderr, calls } = await moonpool(['run', 'a', ...quiet], { waits: [wait] });
      assert.equal(code, 75);
      assert.equal(stdout, '');
      assert.equal(
        stderr,
        'run r1 waits for input: ask: How many [2J? [JSON that fits {"type":"integer"}] (step main/ask/0)\n',
      );
      assert.deepEqual(calls.slice(-2), ['cancel', 'close']);
    }
  });

  it('prints no event after the wait', async () => {
    const { code, stdout } = await moonpool(['run', 'a', '--stream'], { waits: [aWait()] });
    assert.equal(code, 75);
    assert.doesNotMatch(stdout, /run\.finished/);
  });

  it('asks at a terminal, takes JSON or words, and goes on', async () => {
    const waits = [aWait(), aWait({ schema: TEXT }), aWait({ schema: TEXT }), aWait(), aWait({ when: 'before' })];
    const answers = ['{"n": 1}', '12', '"12"', 'yes', ''];
    const { code, stdout, calls } = await moonpool(['run', 'a'], { ...ended, waits, answers });

    assert.deepEqual(
      calls.filter((call) => call.startsWith('give')).map((call) => call.split(' ')[1]),
      ['{"n":1}', '"12"', '"12"', '"yes"', '{}'],
    );
    assert.equal(stdout, '{"done":true}\n');
    assert.equal(code, 0);
  });

  it('asks again for what does not fit, saying why', async () => {
    const waits = [{ ...aWait({ prompt: 'How many?' }), refusal: 'The input does not fit: must be integer.' }];
    const { code, stderr } = await moonpool(['run', 'a'], { ...ended, waits, answers: ['x', '3'] });
    assert.equal(stderr, 'ask: How many?\n> error FLOW_INPUT: The input does not fit: must be integer.\n> ');
    assert.equal(code, 0);
  });

  it('ends with 75 when the terminal gives no more', async () => {
    const { code, stderr } = await moonpool(['run', 'a'], { waits: [aWait()], answers: [] });
    assert.equal(code, 75);
    assert.match(stderr, /run r1 waits for input: ask \(step main\/ask\/0\)\n$/);
  });
});

describe('--interrupt-before and --interrupt-after', () => {
  it('name nodes at which the run waits', async () => {
    const argv = ['run', 'a', '--interrupt-before', 'fetch,left', '--interrupt-before', 'both'];
    const { calls } = await moonpool([...argv, '--interrupt-after', 'left']);
    assert.ok(calls.includes('start {} {"before":["fetch","left","both"],"after":["left"]}'), calls.join());
  });

  it('are refused for a node the flow does not have', async () => {
    await refuses(['run', 'a', '--interrupt-before', 'fetc'], /^error CLI_USAGE: .*"fetc".* Did you mean fetch\?/);
    await refuses(['run', 'a', '--interrupt-after', 'left,zzzzzz'], /"zzzzzz".* The nodes are fetch, left, /);
  });
});
