/** `moonpool run` in-process. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DIAGNOSTIC, FLOW, moonpool, refuses, succeeded, WARNING } from '../../../test/support/command-line.ts';
import type { RunOutcome } from '../../app/index.ts';
import { MAX_INPUT_BYTES } from '../run-input.ts';
import { ConfigError, MoonpoolError } from '../../core/index.ts';

describe('moonpool run', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cli-'));
    writeFileSync(join(folder, 'in.json'), '{"a": 1, "b": {"c": 2}}');
    writeFileSync(join(folder, 'bad.json'), '{\n  "a": 1,\n  b: 2\n}\n');
    writeFileSync(join(folder, 'latin.json'), Buffer.from([0x22, 0xe9, 0x22]));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('prints the final state and nothing else, on one line', async () => {
    const { code, stdout, stderr } = await moonpool(['run', 'a'], { outcome: succeeded({ greeting: 'hi' }) });

    assert.deepEqual([code, stdout, stderr], [0, '{"greeting":"hi"}\n', '']);
  });

  it('lays the state out and shows progress at a terminal', async () => {
    const { stdout, stderr } = await moonpool(['run', 'a'], { outcome: succeeded({ a: 1 }), isTerminal: true });

    assert.equal(stdout, '{\n  "a": 1\n}\n');
    assert.equal(stderr, 'run r1\n  fetch\n');
    assert.equal((await moonpool(['run', 'a', '-q'], { isTerminal: true })).stderr, '');
  });

  it('prints one event per line instead with --stream', async () => {
    const { stdout } = await moonpool(['run', 'a', '--stream'], { outcome: succeeded({ a: 1 }) });

    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ event }) => event),
      ['run.started', 'node.started'],
    );
  });

  it('puts --set over -i at the top level, as JSON where it is JSON', async () => {
    const argv = [
      'run',
      'a',
      '-i',
      '@in.json',
      '--set',
      'b=[1]',
      '--set',
      'name=Ada Lovelace',
      '--set',
      'eq=a=b',
      '--set',
      'e=',
    ];
    const { calls } = await moonpool([...argv, '--set', '__proto__={"x":1}'], { cwd: folder });

    assert.ok(
      calls.includes('start {"a":1,"b":[1],"name":"Ada Lovelace","eq":"a=b","e":"","__proto__":{"x":1}}'),
      calls.join(),
    );
  });

  it('reads input from standard input', async () => {
    const { calls } = await moonpool(['run', 'a', '-i', '@-'], { stdin: '{"n": 1}' });

    assert.ok(calls.includes('start {"n":1}'));
  });

  it('refuses bad input before anything runs, with its place', async () => {
    await refuses(
      ['run', 'a', '-i', '{a: 1}'],
      /^input:1:2: error CLI_USAGE: The input is not JSON: unexpected "a"\.\n$/,
    );
    await refuses(
      ['run', 'a', '-i', '{"a":'],
      /^input:1:6: error CLI_USAGE: The input is not JSON: it ends too early\.\n$/,
    );
    await refuses(['run', 'a', '-i', '@bad.json'], /^bad\.json:3:3: error CLI_USAGE: /, { cwd: folder });
    await refuses(
      ['run', 'a', '-i', '[1]'],
      /^error CLI_USAGE: The input must be a JSON object, got list from input\./,
    );
    await refuses(['run', 'a', '-i', '@'], /^error CLI_USAGE: -i @ names no file\./);
    await refuses(
      ['run', 'a', '-i', '@no.json'],
      /^error CLI_FILE: no\.json cannot be read \(no such file or folder\)\./,
      { cwd: folder },
    );
    await refuses(['run', 'a', '-i', '@.'], /^error CLI_FILE: \. cannot be read \(it is a folder\)/, { cwd: folder });
    await refuses(['run', 'a', '-i', '@latin.json'], /^error CLI_FILE: latin\.json is not UTF-8 text\./, {
      cwd: folder,
    });
  });

  it('refuses a flow with errors, all of them, and does not start an engine', async () => {
    const { code, stdout, stderr, calls } = await moonpool(['run', 'a'], {
      diagnostics: [DIAGNOSTIC, WARNING],
      flows: [],
    });

    assert.equal(
      stderr,
      'greet.yaml:2:1: error SPEC_UNKNOWN_KEY: unknown key nodse. Did you mean nodes?\n' +
        'greet.yaml:2:1: warning SPEC_IGNORED: odd. Drop it.\n',
    );
    assert.deepEqual([code, stdout], [2, '']);
    assert.ok(!calls.some((call) => call.startsWith('createEngine')));
  });

  it('refuses a bad configuration with one line for each problem', async () => {
    const configFails = new ConfigError([
      { path: 'a', message: 'bad', place: { file: 'moonpool.yaml', line: 1, column: 2 } },
      { path: 'b', message: 'worse' },
    ]);
    const { code, stderr } = await moonpool(['run', 'a'], { configFails });

    assert.equal(stderr, 'moonpool.yaml:1:2: error CONFIG_INVALID: a: bad.\nerror CONFIG_INVALID: b: worse.\n');
    assert.equal(code, 2);
  });

  it('refuses several flows at once', () =>
    refuses(['run', 'dir'], /^error CLI_USAGE: dir holds 2 flows\. Name the file of one of them\./, {
      flows: [FLOW, FLOW],
    }));

  it('tells a failed run at its node, with nothing on standard output', async () => {
    const outcome: RunOutcome = {
      kind: 'failed',
      error: { code: 'LUA_TIMEOUT', message: 'ran past 5s' },
      node: 'left',
    };
    const { code, stdout, stderr, calls } = await moonpool(['run', 'a'], { outcome });

    assert.equal(stderr, 'greet.yaml:5:5: error LUA_TIMEOUT: ran past 5s.\n');
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(calls.at(-1), 'close');
  });

  it('gives input that does not fit exit 2', () =>
    refuses(['run', 'a'], /^error FLOW_INPUT: name is missing\.\n/, {
      startFails: new MoonpoolError('FLOW_INPUT', 'name is missing'),
    }));

  it('ends with 130 after Ctrl-C, and closes the engine', async () => {
    const controller = new AbortController();
    const outcome = async (signal: AbortSignal): Promise<RunOutcome> => {
      controller.abort(new MoonpoolError('FLOW_CANCELLED', 'Interrupted by Ctrl-C.'));
      assert.ok(signal.aborted);
      return { kind: 'cancelled', error: { code: 'FLOW_CANCELLED', message: 'Interrupted by Ctrl-C.' } };
    };
    const { code, stdout, stderr, calls } = await moonpool(['run', 'a'], { outcome, signal: controller.signal });

    assert.deepEqual([code, stdout, stderr], [130, '', 'error FLOW_CANCELLED: Interrupted by Ctrl-C.\n']);
    assert.equal(calls.at(-1), 'close');
  });

  it('cancels the run without a word when nobody reads its output any more', async () => {
    const lost = new AbortController();
    const outcome = async (signal: AbortSignal): Promise<RunOutcome> => {
      lost.abort();
      assert.ok(signal.aborted);
      return { kind: 'cancelled', error: { code: 'FLOW_CANCELLED', message: 'No reader.' } };
    };
    const { code, stderr } = await moonpool(['run', 'a', '--stream'], { outcome, outputLost: lost.signal });

    assert.deepEqual([code, stderr], [1, '']);
  });

  it('ends with 130 when Ctrl-C comes before the run starts', async () => {
    const signal = AbortSignal.abort(new MoonpoolError('FLOW_CANCELLED', 'Interrupted by Ctrl-C.'));

    assert.equal((await moonpool(['run', 'a'], { signal })).code, 130);
  });

  it('writes the state to a file whole, and leaves no draft', async () => {
    const { code, stdout } = await moonpool(['run', 'a', '-o', 'out.json'], {
      outcome: succeeded({ a: 1 }),
      cwd: folder,
    });

    assert.deepEqual([code, stdout], [0, '']);
    assert.equal(readFileSync(join(folder, 'out.json'), 'utf8'), '{"a":1}\n');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('draft')),
      [],
    );
  });

  it('writes into a pipe and through a link, and replaces neither', async () => {
    const [pipe, link, target] = [join(folder, 'pipe'), join(folder, 'link'), join(folder, 'target')];
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    writeFileSync(target, 'old');
    symlinkSync(target, link);

    const intoPipe = await moonpool(['run', 'a', '-o', pipe], { outcome: succeeded({ a: 1 }) });
    const throughLink = await moonpool(['run', 'a', '-o', link], { outcome: succeeded({ a: 2 }) });

    closeSync(reader);
    assert.deepEqual([intoPipe.code, throughLink.code], [0, 0]);
    assert.ok(lstatSync(pipe).isFIFO() && lstatSync(link).isSymbolicLink());
    assert.equal(readFileSync(target, 'utf8'), '{"a":2}\n');
  });

  it('takes an input file of 16 MiB, refuses one byte more, and an endless one', async () => {
    const object = `{"a":"${'x'.repeat(MAX_INPUT_BYTES - 8)}"}`;
    writeFileSync(join(folder, 'big.json'), object);
    writeFileSync(join(folder, 'bigger.json'), `${object} `);

    assert.equal((await moonpool(['run', 'a', '-i', '@big.json'], { cwd: folder })).code, 0);
    await refuses(['run', 'a', '-i', '@bigger.json'], /^error CLI_FILE: bigger\.json has more than the 16777216/, {
      cwd: folder,
    });
    if (existsSync('/dev/zero')) await refuses(['run', 'a', '-i', '@/dev/zero'], /^error CLI_FILE: .* more than/);
  });

  it('refuses an output folder that is not there before it runs', async () => {
    await refuses(['run', 'a', '-o', 'no/out.json'], /^error CLI_FILE: no\/out\.json cannot be written/, {
      cwd: folder,
    });
    await refuses(['run', 'a', '-o', 'in.json/x'], /^error CLI_FILE: in\.json\/x cannot be written/, { cwd: folder });
  });

  it('hands the data folder on', async () => {
    assert.ok((await moonpool(['run', 'a', '--data', 'd'])).calls.includes('createEngine d'));
  });
});
