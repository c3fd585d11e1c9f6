/** The key tables as rows of their reference. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FLOW_KEYS } from './flow-language.ts';
import { key, laterKeys, listShape, requiredKey, tableShape, textShape } from './language-parts.ts';
import { flowLanguageSections, sectionsOf } from './language-reference.ts';
import { NODE_KEYS } from './node-language.ts';
import type { KeyTable } from './shape.ts';

describe('sectionsOf', () => {
  it('gives each table once, the inner ones behind theirs, with what their keys take', () => {
    const inner: KeyTable = { deep: key(textShape(9), 'Deep.', { default: 'x' }) };
    const root: KeyTable = {
      one: requiredKey(tableShape(inner), 'One.'),
      many: key(listShape(tableShape(inner), 2), 'Many.'),
      named: key({ kind: 'dictionary', of: textShape() }, 'Named.', { default: 3 }),
      ways: key({ kind: 'either', scalar: { kind: 'any' }, list: listShape(textShape()) }, 'Ways.'),
      ...laterKeys('soon'),
    };

    assert.deepEqual(sectionsOf({ root }), [
      {
        name: 'root',
        keys: [
          { key: 'one', isRequired: true, takes: 'an object: [one]', about: 'One.' },
          { key: 'many', isRequired: false, takes: 'a list of at least 2: an object: [one]', about: 'Many.' },
          { key: 'named', isRequired: false, takes: 'names, each with text', fallback: '3', about: 'Named.' },
          { key: 'ways', isRequired: false, takes: 'a single value, or a list: text', about: 'Ways.' },
          {
            key: 'soon',
            isRequired: false,
            takes: 'anything',
            about: 'Not available in this version.',
            status: 'later',
          },
        ],
      },
      {
        name: 'one',
        keys: [
          { key: 'deep', isRequired: false, takes: 'text of at most 9 characters', fallback: 'x', about: 'Deep.' },
        ],
      },
    ]);
  });

  it('ends at a table that refers to itself', () => {
    const loop: KeyTable = {
      get again() {
        return key(tableShape(loop), 'Again.');
      },
    };

    assert.deepEqual(
      sectionsOf({ loop }).map(({ name, keys }) => [name, keys[0]?.takes]),
      [['loop', 'an object: [loop]']],
    );
  });
});

describe('flowLanguageSections', () => {
  const sections = flowLanguageSections();

  it('has every key at the top and of a node', () => {
    const keysOf = (name: string) => sections.find((section) => section.name === name)?.keys.map(({ key: own }) => own);

    assert.deepEqual(keysOf('flow'), Object.keys(FLOW_KEYS));
    assert.deepEqual(keysOf('nodes'), Object.keys(NODE_KEYS));
  });

  it('names no section that is not there', () => {
    const names = new Set(sections.map(({ name }) => name));
    const meant = sections.flatMap(({ keys }) => keys.flatMap(({ takes }) => [...takes.matchAll(/\[([^\]]*)\]/g)]));

    assert.equal(names.size, sections.length);
    for (const [, name = ''] of meant) assert.ok(names.has(name), name);
    assert.ok(meant.length > 20);
  });
});
