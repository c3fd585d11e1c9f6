/**
 * YAML 1.2 text → tree with places. With `yaml-tree-builder.ts` the only file that knows the YAML library.
 *
 * Refuses what could hurt or surprise: more than 1 MiB, nesting beyond 64 levels, several
 * documents, characters YAML forbids. Never throws, whatever the text.
 */
import { Composer, type CST, type Document, Parser } from 'yaml';
import { MIB } from '../core/index.ts';
import { ProblemList, quote } from './problem-list.ts';
import { TextLines } from './text-lines.ts';
import { TreeBuilder } from './yaml-tree-builder.ts';
import type { YamlNode } from './yaml-tree.ts';

/** Largest flow file. */
const MAX_FILE_BYTES = MIB;
const MAX_DEPTH = 64;
const MAX_SYNTAX_PROBLEMS = 20;

/** A read document: the tree is there only when the text is sound YAML. */
export interface YamlText {
  readonly root?: YamlNode;
  readonly problems: ProblemList;
}

/** Reads the one YAML document in `text`; what is wrong with it is in `problems` (SPEC_SYNTAX). */
export function readYaml(text: string, file: string): YamlText {
  const lines = new TextLines(text);
  const problems = new ProblemList(file, (offset) => lines.placeOf(offset));
  if (!isReadable(text, problems)) return { problems };
  try {
    const tokens = [...new Parser().parse(text)];
    const document = isTooDeep(tokens, problems) ? undefined : composeOne(tokens, text, problems);
    if (document === undefined || problems.hasErrors) return { problems };
    const root = new TreeBuilder(problems).build(document.contents);
    return root === undefined || problems.hasErrors ? { problems } : { root, problems };
  } catch (error) {
    // The library may meet text nobody thought of: still the file's fault, and still one clear line.
    const reason = error instanceof Error ? error.message : String(error);
    problems.add({ code: 'SPEC_SYNTAX', at: 0, message: `The file cannot be read as YAML: ${quote(reason)}.` });
    return { problems };
  }
}

function isReadable(text: string, problems: ProblemList): boolean {
  if (text.length > MAX_FILE_BYTES || new TextEncoder().encode(text).length > MAX_FILE_BYTES) {
    problems.add({ code: 'SPEC_SYNTAX', at: 0, message: 'The file is larger than 1 MiB.', hint: 'Split the flow.' });
    return false;
  }
  const odd = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]|\p{Surrogate}/u.exec(text);
  if (odd === null) return true;
  const point = (odd[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  problems.add({
    code: 'SPEC_SYNTAX',
    at: odd.index,
    message: `The character U+${point} is not allowed in YAML.`,
    hint: 'Save the file as UTF-8 text, or write the character as an escape in double quotes.',
  });
  return false;
}

/** The library composes by recursion, so depth is looked at before, without recursion. */
function isTooDeep(tokens: readonly CST.Token[], problems: ProblemList): boolean {
  const open: { readonly token: CST.Token; readonly depth: number }[] = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) {
      const message = `The file nests deeper than ${MAX_DEPTH} levels.`;
      problems.add({ code: 'SPEC_SYNTAX', at: token.offset, message });
      return true;
    }
    if (token.type === 'document') {
      if (token.value !== undefined) open.push({ token: token.value, depth });
    } else if ('items' in token) {
      for (const item of token.items) {
        if (item.key) open.push({ token: item.key, depth: depth + 1 });
        if (item.value) open.push({ token: item.value, depth: depth + 1 });
      }
    }
  }
  return false;
}

function composeOne(tokens: readonly CST.Token[], text: string, problems: ProblemList): Document.Parsed | undefined {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    strict: true,
    // The library compares every key with every other; the tree builder does it with a set.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  let first: Document.Parsed | undefined;
  for (const document of composer.compose(tokens, true, text.length)) {
    if (first !== undefined) {
      problems.add({
        code: 'SPEC_SYNTAX',
        at: document.range[0],
        message: 'The file has more than one YAML document.',
        hint: 'Remove the `---` line, or give each flow its own file.',
      });
      break;
    }
    first = document as Document.Parsed;
    for (const error of first.errors.slice(0, MAX_SYNTAX_PROBLEMS)) {
      problems.add({ code: 'SPEC_SYNTAX', at: error.pos[0], message: sentence(error.message) });
    }
    const version = first.directives.yaml;
    if (version.explicit === true && version.version !== '1.2') {
      problems.add({ code: 'SPEC_SYNTAX', at: 0, message: `Flow files are YAML 1.2, not ${version.version}.` });
    }
  }
  return first;
}

function sentence(message: string): string {
  const line = quote(message).slice(1, -1);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
