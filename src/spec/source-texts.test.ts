import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SourceTexts } from './source-texts.ts';

describe('SourceTexts', () => {
  it('says of every character of every file where it stands', () => {
    const files = [
      ['a.yaml', 'one\ntwo'],
      ['b.yaml', ''],
      ['c.yaml', '\nthree\n'],
    ] as const;
    const sources = new SourceTexts();
    const starts = files.map(([file, text]) => sources.add(file, text));

    files.forEach(([file, text], index) => {
      for (let at = 0; at <= text.length; at += 1) {
        const before = text.slice(0, at);
        const place = { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };

        assert.deepEqual(sources.placeOf((starts[index] as number) + at), index === 0 ? place : { file, ...place });
        assert.equal(sources.text.slice(starts[index], (starts[index] as number) + text.length), text);
      }
    });
  });

  it('has a place before any file is there', () => {
    assert.deepEqual(new SourceTexts().placeOf(7), { line: 1, column: 1 });
  });
});
