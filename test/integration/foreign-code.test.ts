/**
 * Text of nodes that is no Lua, told apart by the real compiler first and by its looks second.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLuaHost } from '../../src/lua/machine/index.ts';
import { readWasmFile } from '../../src/lua/lanes/index.ts';
import { problemsOf } from '../support/flow-text.ts';

const host = await createLuaHost(await readWasmFile());

function found(code: string): readonly string[] {
  const lines = code.split('\n').map((line) => `      ${line}\n`);
  const text = `nodes:\n  - name: a\n    run: |\n${lines.join('')}`;
  return problemsOf(text, { checkLua: (lua) => host.checkChunk(lua) }).map(
    (problem) => problem.split(' ')[1] as string,
  );
}

const PYTHON: readonly string[] = [
  'return {"result": state["query"].upper()}',
  'import json\nreturn json.loads(state["text"])',
  'from datetime import datetime\nreturn {"at": datetime.now()}',
  'data = state.get("items", [])\nreturn {"count": len(data)}',
  'results = [r.get("x") for r in state["parallel_results"]]\nreturn {"x": results}',
  'for item in state["items"]:\n    print(item)',
  'if state["n"] > 3:\n    return {"big": True}\nelse:\n    return {"big": False}',
  'try:\n    x = 1\nexcept Exception as e:\n    return {"error": str(e)}',
  'with open("x") as f:\n    return {"text": f.read()}',
  'def helper(x):\n    return x * 2\nreturn {"v": helper(2)}',
  'class A:\n    pass',
  'return {"msg": f"Hello {state[\'name\']}"}',
  'x = lambda n: n + 1\nreturn {"x": x(1)}',
  '# double it\nvalue = state["value"] * 2\nreturn {"value": value}',
  'count = state["count"]\ncount += 1\nreturn {"count": count}',
  'return {"ok": state["a"] is not None}',
  'async def f():\n    pass',
  '"""What this does."""\nreturn {"a": 1}',
  'while True:\n    break',
  'return {**state, "a": 1}',
  'assert isinstance(state["a"], int)\nreturn {}',
  'return {"half": state["n"] // 2 if state["n"] else 0}',
  'a, b = state["a"], state["b"]\nreturn {"sum": a + b, "list": [a, b]}',
  'del state["a"]\nraise ValueError("no")',
];

/** Lua, some of it broken, that has something in common with Python. */
const LUA: readonly (readonly [string, 'SPEC_LUA' | undefined])[] = [
  ['-- import json\nreturn { a = 1 }', undefined],
  ['local None = nil\nreturn { a = None }', undefined],
  ['return { text = "def f(x):\\n  return None" }', undefined],
  ['return { text = [[\nimport os\nif x:\n  pass\n]] }', undefined],
  ['local len = function(t) return #t end\nreturn { n = len(state.list) }', undefined],
  ['local s = "a": upper()\nreturn { s = s }', 'SPEC_LUA'],
  ['goto done\n::done::\nreturn {}', undefined],
  ['return { n = #state.list }', undefined],
  ['local print = print\nprint("hello")', undefined],
  ['return { ["a"] = 1, b = state["c"] }', undefined],
  ['local x = 1\nif x then\n  return { a = x\nend', 'SPEC_LUA'],
  ['for i = 1, 3 do\n  x = i\nreturn { x = x }', 'SPEC_LUA'],
  ['local from = 1\nlocal import = 2\nreturn { a = from + import', 'SPEC_LUA'],
  ['local class, with = 1, 2\nreturn { a = class + with,, }', 'SPEC_LUA'],
  ['local t = { "a", "b" }\nfor _, v in ipairs(t) do print(v)) end', 'SPEC_LUA'],
  ['local n = #state.list\nlocal m = n n\nreturn {}', 'SPEC_LUA'],
  ['-- None, True and False are Python\nlocal a = = 1', 'SPEC_LUA'],
  ['local text = "not in the list: ask"\nlocal a = = 1', 'SPEC_LUA'],
  ['local t = { ["a"] = 1 }\nt.b += 1', 'SPEC_LUA'],
  ['local text = [[\n# heading\nimport this\n]]\nlocal a = = 1', 'SPEC_LUA'],
  ['local function f(x) return x end\nlocal lambda = f(1) :', 'SPEC_LUA'],
];

describe('the text of a node', () => {
  for (const code of PYTHON) {
    it(`is Python: ${JSON.stringify(code)}`, () => {
      assert.deepEqual(found(code), ['SPEC_LANGUAGE']);
    });
  }
  for (const [code, problem] of LUA) {
    it(`is ${problem === undefined ? 'Lua' : 'broken Lua'}: ${JSON.stringify(code)}`, () => {
      assert.deepEqual(found(code), problem === undefined ? [] : [problem]);
    });
  }

  it('is Lua behind a comment that says so', () => {
    assert.deepEqual(found('-- lua\nreturn { a = 1 }'), []);
    assert.deepEqual(found('--lua\nreturn { a = 1 }'), []);
  });

  it('is not Lua because a comment says so', () => {
    assert.deepEqual(found('-- lua\nimport json'), ['SPEC_LANGUAGE']);
  });
});
