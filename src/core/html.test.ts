import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { escapeHtml } from './html.ts';

describe('escapeHtml', () => {
  for (const [text, escaped] of [
    ['', ''],
    ['plain \u{1F600} text', 'plain \u{1F600} text'],
    ['<script>', '&lt;script&gt;'],
    [`"it's" & more`, '&#34;it&#39;s&#34; &amp; more'],
    ['&lt;', '&amp;lt;'],
    ['<<>>', '&lt;&lt;&gt;&gt;'],
  ] as const) {
    it(`writes ${JSON.stringify(text)} as text`, () => assert.equal(escapeHtml(text), escaped));
  }
});
