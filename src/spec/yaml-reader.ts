/**
 * YAML 1.2 text → tree with places. With `yaml-tree-builder.ts` the only file that knows the YAML library.
 *
 * Refuses what could hurt or surprise: more than 1 MiB, nesting beyond 64 levels, several
 * documents, characters YAML forbids. Never throws, whatever the text.
 */
import { Composer, type CST, type Document, Lexer, Parser, type YAMLError } from 'yaml';
import { MIB } from '../core/index.ts';
import { oneLine, ProblemList, type ProblemSink, quote } from './problem-list.ts';
import { SourceTexts } from './source-texts.ts';
import { TreeBuilder } from './yaml-tree-builder.ts';
import type { YamlNode } from './yaml-tree.ts';

/** Largest flow file. */
const MAX_FILE_BYTES = MIB;
const MAX_DEPTH = 64;
const MAX_SYNTAX_PROBLEMS = 20;
/** The library's own sentences are shorter; some quote the file. */
const MAX_SENTENCE_LENGTH = 200;

/** A read document: the tree is there only when the text is sound YAML. */
export interface YamlText {
  readonly root?: YamlNode;
  readonly problems: ProblemList;
}

/** Reads the one YAML document in `text`; what is wrong with it is in `problems` (SPEC_SYNTAX). */
export function readYaml(text: string, file: string): YamlText {
  const sources = new SourceTexts();
  sources.add(file, text);
  const problems = new ProblemList(file, (offset) => sources.placeOf(offset));
  const root = readYamlPart(text, problems);
  return root === undefined ? { problems } : { root, problems };
}

/** The tree of the one YAML document in `text`; undefined when it is not sound, for reasons that `problems` then has. */
export function readYamlPart(text: string, problems: ProblemSink): YamlNode | undefined {
  if (!isReadable(text, problems)) return undefined;
  try {
    const tokens = tokensOf(text, problems);
    const document = tokens === undefined ? undefined : composeOne(tokens, text, problems);
    if (document === undefined || problems.hasErrors) return undefined;
    const root = new TreeBuilder(problems).build(document.contents);
    return problems.hasErrors ? undefined : root;
  } catch (error) {
    // The library may meet text nobody thought of: still the file's fault, and still one clear line.
    const reason = error instanceof Error ? error.message : String(error);
    problems.add({ code: 'SPEC_SYNTAX', at: 0, message: `The file cannot be read as YAML: ${quote(reason)}.` });
    return undefined;
  }
}

function isReadable(text: string, problems: ProblemSink): boolean {
  if (text.length > MAX_FILE_BYTES || new TextEncoder().encode(text).length > MAX_FILE_BYTES) {
    problems.add({ code: 'SPEC_SYNTAX', at: 0, message: 'The file is larger than 1 MiB.', hint: 'Split the flow.' });
    return false;
  }
  const odd = /[\ufffe\uffff\p{Surrogate}]|(?![\t\n\r\u0080-\u009f])\p{Cc}/u.exec(text);
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

/** The library composes by recursion, so deep nesting is refused while its tokens are still being put together. */
function tokensOf(text: string, problems: ProblemSink): readonly CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    // The stack holds the document, its open collections, and the value in hand.
    if (parser.stack.length > MAX_DEPTH + 2) {
      const message = `The file nests deeper than ${MAX_DEPTH} levels.`;
      problems.add({ code: 'SPEC_SYNTAX', at: parser.offset, message });
      return undefined;
    }
  }
  tokens.push(...parser.end());
  return tokens;
}

function composeOne(tokens: readonly CST.Token[], text: string, problems: ProblemSink): Document.Parsed | undefined {
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
    for (const error of tellingErrors(first)) {
      problems.add({ code: 'SPEC_SYNTAX', at: error.pos[0], message: sentence(error.message) });
    }
    const version = first.directives.yaml;
    if (version.explicit === true && version.version !== '1.2') {
      problems.add({ code: 'SPEC_SYNTAX', at: 0, message: `Flow files are YAML 1.2, not ${version.version}.` });
    }
  }
  return first;
}

/** Errors, unknown tags among them, without those that only say that the rest was not understood either. */
function tellingErrors({ errors, warnings }: Document.Parsed): readonly YAMLError[] {
  const tags = warnings.filter((warning) => warning.code === 'TAG_RESOLVE_FAILED');
  const telling = errors.filter((error, index) => index === 0 || !error.message.includes(' token in YAML stream'));
  return [...telling, ...tags].slice(0, MAX_SYNTAX_PROBLEMS);
}

function sentence(message: string): string {
  const line = oneLine(message, MAX_SENTENCE_LENGTH);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}
