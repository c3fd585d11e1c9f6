import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reply } from './reply.ts';
import { markStale } from './staleness.ts';

const madeAtMs = Date.UTC(2026, 0, 5, 8, 30);

function aReply(body: string, type: string): Reply {
  return { status: 200, headers: { 'content-type': type, etag: 'W/"x"', 'x-own': 'y' }, body: Buffer.from(body) };
}

function marked(body: string, type: string, ageMs = 125_000, zone = 'UTC'): string {
  const reply = markStale(aReply(body, type), { atMs: madeAtMs, nowMs: madeAtMs + ageMs, zone });
  return Buffer.from(reply.body).toString();
}

describe('markStale', () => {
  it('says rung and age in the headers, and promises no ETag', () => {
    const { headers, status } = markStale(aReply('x', 'text/plain'), { atMs: 1000, nowMs: 62_999, zone: 'UTC' });

    assert.equal(status, 200);
    assert.deepEqual(headers, {
      'content-type': 'text/plain',
      'x-own': 'y',
      'cache-control': 'no-cache',
      'x-moonpool-path': 'last-good',
      age: '61',
    });
  });

  it('never gives a negative age when the clock was set back', () => {
    assert.equal(markStale(aReply('x', 'text/plain'), { atMs: 5000, nowMs: 0, zone: 'UTC' }).headers['age'], '0');
  });

  it('puts a banner right after the body tag', () => {
    const page = marked('<!doctype html><html><body class="a>b">\n<p>ü</p></body></html>', 'text/html; charset=utf-8');

    assert.match(
      page,
      /<body class="a>b"><div role="status"[^>]*>Showing the last good page from 08:30 UTC, 2 min ago<\/div>\n<p>ü<\/p><\/body>/,
    );
  });

  for (const [what, head] of [
    ['a comment', '<!-- <body> -->'],
    ['a script', '<script>"<body>"</script>'],
    ['a style', '<style>/* <body> */</style>'],
    ['a title', '<title><body></title>'],
    ['another tag that begins alike', '<bodyguard>'],
  ] as const) {
    it(`is not fooled by a body tag in ${what}`, () => {
      assert.match(marked(`${head}<BODY><p>`, 'text/html'), /<BODY><div role="status"/);
    });
  }

  it('puts the banner at the end of a page without body tag', () => {
    assert.match(marked('<p>text</p>', 'text/html'), /^<p>text<\/p><div role="status"/);
  });

  it('shows the zone’s own clock, and the date when it is long ago', () => {
    assert.match(marked('<body>', 'text/html', 3 * 3_600_000, 'Europe/Berlin'), /from 09:30, 3 h ago/);
    assert.match(marked('<body>', 'text/html', 3 * 86_400_000, 'Europe/Berlin'), /from 2026-01-05 09:30, 3 days ago/);
  });

  it('falls back to UTC for a zone that does not exist', () => {
    assert.match(marked('<body>', 'text/html', 0, 'Mars/<b>'), /from 08:30 UTC, less than 1 min ago/);
  });

  it('takes linear time for a page made to be slow', () => {
    const page = '<!--<script <body "'.repeat(50_000);
    const startTickMs = performance.now();

    marked(page, 'text/html');

    assert.ok(performance.now() - startTickMs < 1000);
  });

  it('adds a field to a JSON object and leaves its own digits alone', () => {
    assert.equal(
      marked('{"id":12345678901234567890,"a":1.0}', 'application/json'),
      '{"moonpool":{"path":"last-good","stale":true,"age_seconds":125},"id":12345678901234567890,"a":1.0}',
    );
  });

  it('adds the field to an empty object, and replaces one of the same name', () => {
    const mark = '"moonpool":{"path":"last-good","stale":true,"age_seconds":125}';

    assert.equal(marked(' { }', 'application/problem+json'), ` {${mark} }`);
    assert.equal(marked('{"moonpool":1,"a":2}', 'application/json'), `{${mark},"a":2}`);
  });

  for (const body of ['[1]', '"text"', 'null', '', '{"cut":']) {
    it(`leaves ${body === '' ? 'an empty body' : body} as it is`, () => {
      assert.equal(marked(body, 'application/json'), body);
    });
  }
});
