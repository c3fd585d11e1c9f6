/** `moonpool doctor` in-process, on the machine that runs it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../../test/support/index.ts';
import { moonpool } from '../../../test/support/command-line.ts';

describe('moonpool doctor', () => {
  it('names what it found, for people and for programs', async () => {
    const { code, stdout } = await moonpool(['doctor']);
    const findings = JSON.parse((await moonpool(['doctor', '--json'])).stdout) as { name: string; value: unknown }[];

    assert.equal(code, 0);
    assert.match(stdout, /^memory {5}512 MiB \(cgroup v2\)$/m);
    assert.deepEqual(
      findings.map(({ name }) => name),
      ['node', 'system', 'cores', 'memory', 'profile', 'page size', 'disk', 'clock', 'lua'],
    );
    assert.equal(findings.find(({ name }) => name === 'profile')?.value, 'pi-zero-2w');
  });

  it('says when the clock was never set', async () => {
    const findings = JSON.parse(
      (await moonpool(['doctor', '--json'], { clock: new FakeClock(1_704_067_199_999) })).stdout,
    );
    const atFloor = (await moonpool(['doctor'], { clock: new FakeClock(1_704_067_200_000) })).stdout;

    assert.equal(findings.find(({ name }: { name: string }) => name === 'clock').status, 'poor');
    assert.match(atFloor, /^clock {6}set$/m);
  });

  it('ends with 3 when Lua does not load', async () => {
    const { code, stdout } = await moonpool(['doctor'], { luaFails: new Error('no wasm') });

    assert.match(stdout, /^lua .*does not load: no wasm \(broken\)$/m);
    assert.equal(code, 3);
  });
});
