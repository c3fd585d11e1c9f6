import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode, type JsonObject, type RunId } from '../core/index.ts';
import type { BlobStore } from '../engine/index.ts';
import { createSecrets } from './secrets.ts';
import { strikeBlobs, strikeHealth, strikeLog } from './struck-ports.ts';

const secrets = createSecrets([
  { name: 'key', value: 'abcdef' },
  { name: 'gone', missing: 'the environment variable GONE is not set' },
  { name: 'own', value: 'only-for-a', flows: ['a'], hosts: ['h'] },
]);

function refusal(name: string, flow: string): string {
  try {
    secrets.use(name, flow);
  } catch (error) {
    assert.ok(hasCode(error, 'FLOW_SECRET'));
    return (error as Error).message;
  }
  return 'given';
}

describe('createSecrets', () => {
  it('gives a value to every flow, unless flows are named', () => {
    assert.deepEqual(secrets.use('key', 'any'), { value: 'abcdef' });
    assert.deepEqual(secrets.use('own', 'a'), { value: 'only-for-a', hosts: ['h'] });
    assert.equal(
      refusal('own', 'b'),
      'The flow b may not use the secret own. Add it to secrets.own.flows in the configuration.',
    );
  });

  it('says where it looked for what is not there', () => {
    assert.equal(refusal('gone', 'a'), 'The secret gone has no value: the environment variable GONE is not set.');
    for (const name of ['other', '__proto__', 'constructor']) {
      assert.equal(
        refusal(name, 'a'),
        `There is no secret ${name}: neither secrets.${name} in the configuration nor a file of that name in files.secrets_folder.`,
      );
    }
  });

  it('has nothing to strike from bytes when there is no value', () => {
    assert.equal(createSecrets([{ name: 'a', missing: 'x' }]).strikeBytes, undefined);
  });

  for (const size of [1, 2, 5, 6, 7, 100]) {
    it(`strikes bytes that come ${size} at a time`, async () => {
      const bytes = Buffer.from('\u0000\u00ffüabcdef--abcdef\u00ff only-for-a abcde');

      const struck = Buffer.concat(await Array.fromAsync(secrets.strikeBytes?.(inPieces(bytes, size)) ?? []));

      assert.equal(struck.toString(), '\u0000\u00ffü[secret:key]--[secret:key]\u00ff [secret:own] abcde');
    });
  }
});

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('struck ports', () => {
  it('log, report and keep no value', async () => {
    const seen: unknown[] = [];
    const write = (event: string, fields?: JsonObject): void => void seen.push([event, fields]);
    const log = strikeLog({ debug: write, info: write, warn: write, error: write }, secrets);
    const health = strikeHealth({ report: (...told) => void seen.push(told) }, secrets);
    const kept: BlobStore = {
      put: async (_run, source, { type }) => {
        const text = Buffer.concat(await Array.fromAsync(source)).toString();
        return { blob: text, bytes: text.length, type };
      },
      read: async () => new Uint8Array(),
      release: async () => {},
    };

    log.debug('a.b');
    log.info('a.b', { text: 'abcdef' });
    log.warn('a.b', { deep: ['abcdef'] });
    log.error('a.b', { abcdef: 1 });
    health.report('part', 'ok');
    health.report('abcdef', 'degraded', 'no abcdef');
    const handle = await strikeBlobs(kept, secrets).put('r' as RunId, inPieces(Buffer.from('xabcdefx'), 3), {
      type: 't',
      maxBytes: 100,
    });

    assert.deepEqual(seen, [
      ['a.b', undefined],
      ['a.b', { text: '[secret:key]' }],
      ['a.b', { deep: ['[secret:key]'] }],
      ['a.b', { '[secret:key]': 1 }],
      ['part', 'ok'],
      ['[secret:key]', 'degraded', 'no [secret:key]'],
    ]);
    assert.equal(handle.blob, 'x[secret:key]x');
  });
});
