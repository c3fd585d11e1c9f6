/** What is printed for help, the version, and arguments that make no sense. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moonpool, refuses } from '../../test/support/command-line.ts';

describe('moonpool', () => {
  it('prints its version and its help on standard output', async () => {
    assert.match((await moonpool(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
    for (const argv of [['--help'], ['-h'], ['help'], ['run', '--help'], ['help', 'serve'], ['doctor', '-h']]) {
      const { code, stdout, stderr } = await moonpool(argv);
      assert.match(stdout, /^Usage: moonpool/, argv.join(' '));
      assert.equal(stderr, '');
      assert.equal(code, 0);
    }
  });

  it('shows every command in its help, each with a sentence', async () => {
    const { stdout } = await moonpool(['--help']);

    for (const name of ['run', 'validate', 'inspect', 'serve', 'schema', 'doctor']) {
      assert.match(stdout, new RegExp(`^  ${name} .*[a-z]{3}`, 'm'));
    }
  });

  const MISUSES: readonly (readonly [string[], RegExp])[] = [
    [
      [],
      /^error CLI_USAGE: No command was given\. The commands are run, validate, inspect, test, serve, schema, doctor/,
    ],
    [['rnu'], /^error CLI_USAGE: Unknown command 'rnu'\. Did you mean run\? The commands are run, /],
    [['backup', 'x'], /^error CLI_USAGE: Unknown command 'backup'\./],
    [['run'], /^error CLI_USAGE: Missing required argument 'flow'\./],
    [['run', 'a', 'b'], /^error CLI_USAGE: Too many arguments/],
    [['run', 'a', '--strem'], /^error CLI_USAGE: Unknown option '--strem'\. Did you mean --stream\?/],
    [['run', 'a', '-o'], /^error CLI_USAGE: Option '-o, --output <file>' argument missing\./],
    [['run', 'a', '--data', ''], /^error CLI_USAGE: .*It must not be empty/],
    [['inspect', 'a', '--format', 'svg'], /^error CLI_USAGE: .*Allowed choices are text, json, mermaid/],
    [['serve', '--port', 'http'], /^error CLI_USAGE: .*whole number from 0 to 65535/],
    [['serve', '--port', '65536'], /^error CLI_USAGE: .*65535/],
    [['serve', '--port', '-1'], /^error CLI_USAGE: /],
    [['--colour'], /^error CLI_USAGE: Unknown option '--colour'\./],
    [['run', 'a', '--set', 'novalue'], /^error CLI_USAGE: --set takes KEY=VALUE, got novalue\./],
    [['run', 'a', '--set', '=1'], /^error CLI_USAGE: --set takes KEY=VALUE/],
  ];
  for (const [argv, line] of MISUSES) {
    it(`refuses "moonpool ${argv.join(' ')}" in one line`, () => refuses(argv, line));
  }

  it('tells its own fault in one line with exit 1', async () => {
    const { code, stderr } = await moonpool(['run', 'a'], { startFails: new TypeError('x is\nundefined') });

    assert.equal(stderr, 'error BUG_INVARIANT: Unexpected: x is undefined. Please report it.\n');
    assert.equal(code, 1);
  });
});
