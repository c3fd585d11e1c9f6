import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode, type JsonValue } from '../core/index.ts';
import { secretForms } from './secret-forms.ts';
import { Striker } from './striker.ts';

function strikerOf(...values: readonly string[]): Striker {
  return new Striker(
    values.flatMap((value, index) => secretForms(value).map((text) => ({ text, mark: `[${index}]` }))),
  );
}

const KEY = 's3cr3t/k+y&"<ü>\' %';

describe('Striker', () => {
  const ENCODINGS: readonly (readonly [string, (value: string) => string])[] = [
    ['as it is', (value) => value],
    ['as JSON', (value) => JSON.stringify({ a: value })],
    ['as JSON in JSON', (value) => JSON.stringify(JSON.stringify({ a: value }))],
    ['as ASCII JSON', (value) => JSON.stringify(value).replaceAll('ü', '\\u00fc').replaceAll('/', '\\/')],
    ['as a URL component', encodeURIComponent],
    ['in lower case escapes', (value) => encodeURIComponent(value).replace(/%../g, (sign) => sign.toLowerCase())],
    ['as a form', (value) => new URLSearchParams({ a: value }).toString()],
    ['in the path of a URL', (value) => new URL(`http://h/${value}`).href],
    ['in the query of a URL', (value) => new URL(`http://h/?a=${value}`).href],
    ['as user info', (value) => Object.assign(new URL('http://h/'), { password: value }).href],
    ['as base64', (value) => Buffer.from(value).toString('base64')],
    ['as base64 behind one byte', (value) => Buffer.from(`:${value}`).toString('base64')],
    ['as base64 behind two bytes', (value) => Buffer.from(`u:${value}!`).toString('base64')],
    ['as base64url', (value) => Buffer.from(value).toString('base64url')],
    ['as hex', (value) => Buffer.from(value).toString('hex')],
    ['as upper case hex', (value) => Buffer.from(value).toString('hex').toUpperCase()],
    [
      'as HTML',
      (value) =>
        value
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&#34;')
          .replaceAll("'", '&#39;'),
    ],
  ];
  for (const [how, encode] of ENCODINGS) {
    it(`strikes a value ${how}`, () => {
      const text = `a ${encode(KEY)} b ${encode(KEY)}`;

      const struck = strikerOf(KEY).strike(text);

      assert.equal(struck.split('[0]').length, 3, struck);
      for (const form of secretForms(KEY)) assert.equal(struck.includes(form), false, form);
    });
  }

  it('leaves everything else as it is', () => {
    const striker = strikerOf('abcdef');
    const value = { a: ['abcde', 'bcdef', 1, true, null, { abcdeF: 'ABCDEF' }] };

    assert.equal(striker.strike('abcdeabcde'), 'abcdeabcde');
    assert.equal(striker.strikeValue(value), value);
    assert.equal(new Striker([]).strikeValue(value), value);
  });

  it('strikes texts, keys and numbers at any depth', () => {
    const striker = strikerOf('abcdef', '123456');

    assert.deepEqual(striker.strikeValue([{ xabcdef: { deep: ['-abcdef-'] } }, 123456, 912345699, 12345]), [
      { 'x[0]': { deep: ['-[0]-'] } },
      '[1]',
      '9[1]99',
      12345,
    ]);
  });

  it('keeps prototype keys data', () => {
    const value = JSON.parse('{"__proto__": "abcdef"}') as JsonValue;

    assert.equal(JSON.stringify(strikerOf('abcdef').strikeValue(value)), '{"__proto__":"[0]"}');
  });

  it('strikes values that overlap as one', () => {
    assert.equal(strikerOf('abcdefgh', 'efghijkl').strike('-abcdefghijkl-'), '-[0]-');
    assert.equal(strikerOf('abcdef', 'abcdefgh').strike('-abcdefgh-'), '-[1]-');
    assert.equal(strikerOf('ababab').strike('xabababababx'), 'x[0]x');
  });

  it('strikes the lines of a value of several', () => {
    const line = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC';
    const pem = `-----BEGIN PRIVATE KEY-----\n${line}\nshort\n-----END PRIVATE KEY-----`;
    const striker = strikerOf(pem);

    assert.equal(striker.strike(pem.replaceAll('\n', '\r\n')), '[0]');
    assert.equal(striker.strike(`x ${line} y`), 'x [0] y');
    assert.equal(striker.strike('-----BEGIN PRIVATE KEY-----'), '-----BEGIN PRIVATE KEY-----');
  });

  it('looks 1,000 levels deep and refuses what is deeper', () => {
    const nested = (depth: number): JsonValue => {
      let value: JsonValue = 'abcdef';
      for (let level = 0; level < depth; level += 1) value = [value];
      return value;
    };
    const striker = strikerOf('abcdef');

    assert.equal(JSON.stringify(striker.strikeValue(nested(1_000))).includes('abcdef'), false);
    assert.throws(
      () => striker.strikeValue(nested(1_001)),
      (error) => hasCode(error, 'FLOW_ACTION'),
    );
  });

  it('looks at a large text once, however many values there are', () => {
    const values = Array.from({ length: 64 }, (_, index) => `secret-value-number-${index}-${'x'.repeat(40)}`);
    const striker = strikerOf(...values);
    const text = 'secret-value-numbers are not told. '.repeat(120_000);
    const start = performance.now();

    assert.equal(striker.strike(text), text);
    assert.ok(performance.now() - start < 5_000);
  });

  it('strikes a text whole that takes too long to compare', () => {
    const value = 'a'.repeat(16_000);
    const start = performance.now();

    assert.equal(strikerOf(`${value}b`).strike('a'.repeat(4_000_000)), '[secret]');
    assert.ok(performance.now() - start < 5_000);
  });
});
