import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { createLog, type FlushableLog, type LogLevel } from './log.ts';

describe('createLog', () => {
  let directory: string;
  let fd: number;
  const file = (): string => join(directory, 'log');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'moonpool-'));
    fd = openSync(file(), 'w');
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });

  function aLog(form: 'json' | 'lines', level: LogLevel = 'info'): FlushableLog {
    return createLog({ level, form, fd, clock: new FakeClock(Date.UTC(2026, 0, 5, 8, 1, 2)) });
  }

  async function written(log: FlushableLog): Promise<string> {
    await log.flush();
    return readFileSync(file(), 'utf8');
  }

  it('writes one JSON line with the fixed keys', async () => {
    const log = aLog('json');

    log.warn('schedule.failed', { flow: 'feed', code: 'CONN_CONNECT' });

    const line = await written(log);
    assert.match(line, /^\{.*\}\n$/);
    assert.deepEqual(JSON.parse(line), {
      at_ms: Date.UTC(2026, 0, 5, 8, 1, 2),
      level: 'warn',
      event: 'schedule.failed',
      flow: 'feed',
      code: 'CONN_CONNECT',
    });
  });

  it('lets no field take the place of a fixed key', async () => {
    const log = aLog('json');

    log.info('a.b', { level: 'x', event: 'y', at_ms: 0 });

    const line = await written(log);
    assert.equal(line.match(/"level"/g)?.length, 1);
    assert.equal(JSON.parse(line).event, 'a.b');
    assert.equal(JSON.parse(line).event_, 'y');
  });

  it('writes one readable line for a terminal', async () => {
    const log = aLog('lines');

    log.info('server.listening', { url: 'http://127.0.0.1:8080', count: 2, words: 'a b' });

    assert.equal(
      await written(log),
      '08:01:02Z info  server.listening url=http://127.0.0.1:8080 count=2 words="a b"\n',
    );
  });

  it('lets no text begin a line of its own or move the cursor', async () => {
    const log = aLog('lines');

    log.info('a.b', { title: 'x\n08:01:02Z ERROR fake\u001b[2J\u202e', 'a\nb': 1 });

    const text = await written(log);
    assert.equal(text.split('\n').length, 2);
    assert.doesNotMatch(text, /[\p{Cf}]|(?!\n)\p{Cc}/u);
  });

  for (const form of ['json', 'lines'] as const) {
    it(`writes nothing less serious than its level as ${form}`, async () => {
      const log = aLog(form, 'warn');

      log.debug('a.debug');
      log.info('a.info');
      log.warn('a.warn');
      log.error('a.error');

      assert.deepEqual((await written(log)).match(/a\.\w+/g), ['a.warn', 'a.error']);
    });
  }

  it('drops and counts what nobody takes instead of throwing', async () => {
    const log = aLog('json');
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    Object.defineProperty(circular, 'bad', { enumerable: true, get: () => assert.fail() });

    log.info('a.b', circular as never);
    log.info('c.d');

    assert.match(await written(log), /c\.d/);
  });

  it('counts what is more than may wait', async () => {
    const log = aLog('json');
    const text = 'x'.repeat(300_000);

    for (let index = 0; index < 10; index += 1) log.info('a.b', { text });

    assert.ok(log.droppedCount > 0);
    await log.flush();
  });
});
