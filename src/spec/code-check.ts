/**
 * Checks the Lua text of nodes, and tells text in another language apart from broken Lua.
 *
 * Text is called Python only when it fails to compile as Lua and looks like it.
 */
import type { FlowCheck } from './flow-check.ts';
import { blankTexts } from './lua-tokens.ts';
import { quote } from './problem-list.ts';
import { offsetInScalar, offsetOfPlace } from './scalar-position.ts';
import type { ScalarNode } from './yaml-tree.ts';

/** Whole statements of Python that are no part of any Lua. Each takes time linear in the text, as those below do. */
const PYTHON_STATEMENTS = [
  /^[ \t]*(?:def|class|async def)[ \t]+\w[^\n:]*:/m,
  /^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import[ \t]|import[ \t]+[\w.]+)/m,
];

/** What Python has and Lua has not, at the start of a line or anywhere. */
const PYTHON_SIGNS = [
  ...PYTHON_STATEMENTS,
  /^[ \t]*(?:if|elif|else|for|while|try|except|finally|with)\b[^\n]*:[ \t]*(?:#.*)?$/m,
  /\b(?:None|True|False)\b/,
  /(?:^|[\s(,=[{])[fbru]["']/m,
  /["']\s*:\s*\S/,
  /\bstate\s*\.\s*get\s*\(/,
  /\b(?:lambda\b[^:\n]{0,80}:|is not\b|not in\b|len\()|\+=/,
  /^[ \t]*(?:#|""")/m,
  /^[ \t]*(?:(?:assert|del|global|nonlocal)[ \t]+\w|(?:raise|yield|pass)\b)|\bisinstance\(/m,
];

/** What Lua has and Python has not: text with these is Lua with a mistake, unless whole statements say otherwise. */
const LUA_SIGN = /^[ \t]*(?:local[ \t]|end[ \t]*(?:[),;]|$))|\bthen[ \t]*$|\bfunction\b[^\n(]*\(|~=|[^.]\.\.[^.]/m;

/** What a node runs when it does not run Lua, by the word in `language` or the marker comment. */
const LANGUAGE_NAMES: Readonly<Record<string, string>> = {
  python: 'Python',
  py: 'Python',
  prolog: 'Prolog',
  cypher: 'Cypher',
};

/** Reports a `language` other than Lua; true when it is Lua. */
export function checkLanguage(check: FlowCheck, word: string, at: number, nodeName: string): boolean {
  if (word.toLowerCase() === 'lua') return true;
  reportLanguage(check, at, nodeName, LANGUAGE_NAMES[word.toLowerCase()] ?? quote(word));
  return false;
}

/** Reports what keeps `node` from compiling as Lua: SPEC_LANGUAGE for another language, else SPEC_LUA. */
export function checkLuaText(check: FlowCheck, node: ScalarNode, nodeName: string): void {
  const code = String(node.value);
  if (code.includes('\0')) {
    const at = offsetInScalar(check.text, node, code.indexOf('\0'));
    check.problems.add({ code: 'SPEC_LUA', at, message: `The Lua text of ${quote(nodeName)} has a NUL character.` });
    return;
  }
  const failure = check.checkLua?.(code);
  if (failure === undefined) return;
  const marker = /^\s*(?:%|#)\s*(prolog|python)\b/i.exec(code);
  const sign = signOfPython(code);
  if (marker !== null) {
    const name = LANGUAGE_NAMES[(marker[1] as string).toLowerCase()] as string;
    reportLanguage(check, offsetInScalar(check.text, node, code.search(/\S/)), nodeName, name);
  } else if (sign !== undefined) {
    reportLanguage(check, offsetInScalar(check.text, node, sign), nodeName, 'Python');
  } else {
    check.problems.add({
      code: 'SPEC_LUA',
      at: offsetOfPlace(check.text, node, Math.max(1, failure.line), firstColumn(code, failure.line)),
      message: `The Lua text of ${quote(nodeName)} does not compile: ${failure.message.slice(0, 200).replace(/[\s.]+$/, '')}.`,
    });
  }
}

function signOfPython(code: string): number | undefined {
  const bare = blankTexts(code);
  const signs = LUA_SIGN.test(bare) ? PYTHON_STATEMENTS : PYTHON_SIGNS;
  const found = signs.map((sign) => sign.exec(bare)).filter((match) => match !== null);
  if (found.length === 0) return undefined;
  return Math.min(...found.map((match) => match.index + Math.max(0, match[0].search(/\S/))));
}

function reportLanguage(check: FlowCheck, at: number, nodeName: string, language: string): void {
  check.problems.add({
    code: 'SPEC_LANGUAGE',
    at,
    message: `The node ${quote(nodeName)} is written in ${language}, which Moonpool does not run.`,
    hint: 'Write it in Lua, or use an action.',
  });
}

/** The first thing on the line that is no blank, so that the place is not in the indentation. */
function firstColumn(code: string, line: number): number {
  const text = code.split('\n')[Math.max(1, line) - 1] ?? '';
  return Math.max(0, text.search(/\S/)) + 1;
}
