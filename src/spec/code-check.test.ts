import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, luaCheckRefusing, messagesOf, problemsOf } from '../../test/support/flow-text.ts';

const NOTHING_COMPILES = { checkLua: luaCheckRefusing(/^/) };

function withCode(...lines: readonly string[]): string {
  return `nodes:\n  - name: a\n    run: |\n${lines.map((line) => `      ${line}\n`).join('')}`;
}

/** [text that is Python, place of what gives it away] */
const PYTHON: readonly (readonly [readonly string[], string])[] = [
  [['def main(state):', '  return {}'], '4:7'],
  [['import json'], '4:7'],
  [['from os import path'], '4:7'],
  [['x = 1', 'if x == 1:', '  x = 2'], '5:7'],
  [['return {"a": 1}'], '4:17'],
  [['x = None'], '4:11'],
  [['print(f"x")'], '4:12'],
  [['# a comment', 'x = 1'], '4:7'],
  [['count += 1'], '4:13'],
];

describe('text of a node', () => {
  for (const [lines, place] of PYTHON) {
    it(`is Python when it does not compile and has ${lines.find((line) => line !== 'x = 1')}`, () => {
      assert.deepEqual(problemsOf(withCode(...lines), NOTHING_COMPILES), [`${place} SPEC_LANGUAGE`]);
    });
  }

  it('is Lua whenever it compiles, whatever it looks like', () => {
    assert.deepEqual(problemsOf(withCode('local None = 1', '-- import json'), { checkLua: () => undefined }), []);
  });

  it('is broken Lua when nothing speaks for another language', () => {
    const text = withCode('-- lua', 'local x = 1', '  local = 2');

    assert.deepEqual(problemsOf(text, { checkLua: luaCheckRefusing(/local =/) }), ['6:9 SPEC_LUA']);
    assert.deepEqual(messagesOf(text, { checkLua: luaCheckRefusing(/local =/) }), [
      'The Lua text of `a` does not compile: syntax error.',
    ]);
  });

  it('is Prolog by its marker', () => {
    assert.match(messagesOf(withCode('% prolog', 'a(X) :- b(X).'), NOTHING_COMPILES)[0] ?? '', /written in Prolog/);
  });

  it('names node and line of another language', () => {
    const [message] = messagesOf(withCode('import json'), NOTHING_COMPILES);

    assert.equal(
      message,
      'The node `a` is written in Python, which Moonpool does not run. Write it in Lua, or use an action.',
    );
  });

  it('may hold no NUL', () => {
    assert.deepEqual(problemsOf('nodes:\n  - name: a\n    run: "x = 1 \\0"\n'), ['3:17 SPEC_LUA']);
  });

  const FIRST_LINES: readonly (readonly [string, number])[] = [
    ['run: return {}', 3],
    ['run: |\n      return {}', 4],
    ['run: |\n\n      return {}', 4],
    ['run: >\n      return {}', 4],
    ['run:\n      return {}', 4],
    ['run: {type: lua, code: "return {}"}', 3],
    ['run:\n      type: lua\n      code: |\n        return {}', 6],
  ];
  for (const [written, line] of FIRST_LINES) {
    it(`begins in line ${line} of ${JSON.stringify(written)}`, () => {
      const work = flowOf(`nodes:\n  - name: a\n    ${written}\n`).nodes[0]?.work;

      assert.equal(work?.kind === 'lua' ? work.line : undefined, line);
    });
  }

  it('of each node is a chunk of its own', () => {
    const { nodes } = flowOf('nodes: [{name: a, run: x=1}, {name: b}, {name: c, run: x=1}]\n');

    assert.deepEqual(
      nodes.map(({ work }) => (work.kind === 'lua' ? work.chunk : undefined)),
      [0, undefined, 1],
    );
  });
});
