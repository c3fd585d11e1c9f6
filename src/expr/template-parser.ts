/**
 * Pieces of a template to statements.
 *
 * Knows if, for, set, with, macro and raw. Statements that would load other files or call back into
 * the host do not exist.
 */
import { nearestWord } from '../core/index.ts';
import { shorten } from './callable.ts';
import type { Expr, MacroDefinition, Parameter, Statement, Target, TemplateSource } from './ast.ts';
import { syntaxError } from './error.ts';
import { isReservedWord, parseExpression, parseOr, parseTuple } from './expression-parser.ts';
import { reasonAgainst } from './refusals.ts';
import { MAX_NESTING } from './limits.ts';
import { cutTemplate, type Piece } from './template-lexer.ts';
import { TokenReader } from './token-reader.ts';

/** Words a statement may begin with. */
export const STATEMENT_WORDS: readonly string[] = [
  'if',
  'elif',
  'else',
  'endif',
  'for',
  'endfor',
  'set',
  'endset',
  'with',
  'endwith',
  'macro',
  'endmacro',
  'raw',
  'endraw',
];
/** A statement that ends the body it is found in. */
interface Ending {
  readonly word: string;
  readonly reader: TokenReader;
  readonly at: number;
}

class TemplateParser {
  readonly #text: string;
  readonly #pieces: readonly Piece[];
  readonly #macros = new Map<string, MacroDefinition>();
  #position = 0;
  #nesting = 0;

  constructor(text: string) {
    this.#text = text;
    this.#pieces = cutTemplate(text);
  }

  run(): TemplateSource {
    const { body } = this.#parseBody([], undefined);
    return { body, macros: this.#macros };
  }

  /** Statements up to one of `endings`; without endings, up to the end of the template. */
  #parseBody(
    endings: readonly string[],
    openedAt: number | undefined,
  ): { body: Statement[]; ending: Ending | undefined } {
    const body: Statement[] = [];
    for (;;) {
      const piece = this.#pieces[this.#position];
      if (piece === undefined) {
        if (openedAt === undefined) return { body, ending: undefined };
        const wanted = `"{% ${endings.at(-1)} %}"`;
        throw syntaxError(this.#text, openedAt, `This block is never closed with ${wanted}`);
      }
      this.#position += 1;
      if (piece.kind === 'text') {
        body.push(piece);
        continue;
      }
      const reader = new TokenReader(this.#text, piece.tokens);
      if (piece.kind === 'output') {
        body.push(this.#parseOutput(reader, piece.at));
        continue;
      }
      const word = reader.expectName('the name of a statement').text;
      if (endings.includes(word)) return { body, ending: { word, reader, at: piece.at } };
      const statement = this.#parseStatement(word, reader, piece.at);
      if (statement !== undefined) body.push(statement);
    }
  }

  #parseOutput(reader: TokenReader, at: number): Statement {
    if (reader.token.kind === 'end') throw reader.failure('There is nothing to print between "{{" and "}}"', at);
    const value = parseExpression(reader);
    reader.expectEnd('an operator, a filter or "}}"');
    return { kind: 'output', value, at };
  }

  #parseStatement(word: string, reader: TokenReader, at: number): Statement | undefined {
    switch (word) {
      case 'if':
        return this.#nested(at, () => this.#parseIf(reader, at));
      case 'for':
        return this.#nested(at, () => this.#parseFor(reader, at));
      case 'set':
        return this.#nested(at, () => this.#parseSet(reader, at));
      case 'with':
        return this.#nested(at, () => this.#parseWith(reader, at));
      case 'macro':
        this.#nested(at, () => this.#parseMacro(reader, at));
        return undefined;
      default:
        throw this.#unknownStatement(word, at);
    }
  }

  #unknownStatement(word: string, at: number) {
    const reason = reasonAgainst('statement', word);
    if (reason !== undefined) return syntaxError(this.#text, at, `The statement "${word}" does not exist here`, reason);
    if (STATEMENT_WORDS.includes(word))
      return syntaxError(this.#text, at, `There is nothing open that "${word}" could belong to`);
    const near = nearestWord(word, STATEMENT_WORDS);
    return syntaxError(
      this.#text,
      at,
      `There is no statement "${shorten(word)}"`,
      near === undefined ? undefined : `Did you mean "${near}"?`,
    );
  }

  #nested<T>(at: number, parse: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING)
      throw syntaxError(this.#text, at, `Blocks are nested deeper than ${MAX_NESTING} levels`);
    const result = parse();
    this.#nesting -= 1;
    return result;
  }

  #parseIf(reader: TokenReader, at: number): Statement {
    const branches: { condition: Expr; body: readonly Statement[] }[] = [];
    let branchReader = reader;
    for (;;) {
      const condition = parseExpression(branchReader);
      branchReader.expectEnd('"%}"');
      const { body, ending } = this.#parseBody(['elif', 'else', 'endif'], at);
      branches.push({ condition, body });
      if (ending?.word === 'elif') {
        branchReader = ending.reader;
        continue;
      }
      ending?.reader.expectEnd('"%}"');
      const otherwise = ending?.word === 'else' ? this.#parseUntil('endif', at) : [];
      return { kind: 'if', branches, otherwise, at };
    }
  }

  #parseUntil(word: string, at: number): readonly Statement[] {
    const { body, ending } = this.#parseBody([word], at);
    // `endmacro name` and the like may repeat what they close.
    if (ending !== undefined && ending.reader.token.kind === 'name') ending.reader.next();
    ending?.reader.expectEnd('"%}"');
    return body;
  }

  #parseFor(reader: TokenReader, at: number): Statement {
    const targets = this.#parseNames(reader);
    reader.expectWord('in', 'after the name');
    const items = parseTuple(reader, parseOr);
    const condition = reader.skipWord('if') ? parseExpression(reader) : undefined;
    if (reader.isWord('recursive'))
      throw reader.failure('Loops cannot be recursive', reader.token.start, 'Use a macro that calls itself.');
    reader.expectEnd('"%}"');
    const { body, ending } = this.#parseBody(['else', 'endfor'], at);
    ending?.reader.expectEnd('"%}"');
    const otherwise = ending?.word === 'else' ? this.#parseUntil('endfor', at) : [];
    return { kind: 'for', targets, items, condition, body, otherwise, at };
  }

  #parseNames(reader: TokenReader): readonly string[] {
    const isWrapped = reader.skipOperator('(');
    const names = new Set<string>();
    do {
      const token = reader.expectName('a name');
      if (isReservedWord(token.text) || token.text === 'loop') {
        throw reader.failure(`"${token.text}" cannot be used as a name`, token.start);
      }
      if (names.has(token.text)) throw reader.failure(`The name "${token.text}" is used twice`, token.start);
      names.add(token.text);
    } while (reader.skipOperator(','));
    if (isWrapped) reader.expectOperator(')', 'to close the names');
    return [...names];
  }

  #parseTarget(reader: TokenReader): Target {
    if (reader.following.kind === 'operator' && reader.following.text === '.') {
      const object = reader.expectName('a name').text;
      reader.next();
      return { kind: 'member', object, name: reader.expectName('a name after "."').text };
    }
    return { kind: 'names', names: this.#parseNames(reader) };
  }

  #parseSet(reader: TokenReader, at: number): Statement {
    const target = this.#parseTarget(reader);
    if (reader.skipOperator('=')) {
      const value = parseTuple(reader);
      reader.expectEnd('"%}"');
      return { kind: 'set', target, value, at };
    }
    reader.expectEnd('"=" or "%}"');
    const name = target.kind === 'names' && target.names.length === 1 ? target.names[0] : undefined;
    if (name === undefined) throw reader.failure('A block can only be set to one name', at);
    return { kind: 'capture', name, body: this.#parseUntil('endset', at), at };
  }

  #parseWith(reader: TokenReader, at: number): Statement {
    const entries: [string, Expr][] = [];
    while (reader.token.kind !== 'end') {
      const token = reader.expectName('a name');
      if (isReservedWord(token.text)) throw reader.failure(`"${token.text}" cannot be used as a name`, token.start);
      reader.expectOperator('=', 'after the name');
      entries.push([token.text, parseExpression(reader)]);
      if (!reader.skipOperator(',')) reader.expectEnd('"," or "%}"');
    }
    return { kind: 'with', entries, body: this.#parseUntil('endwith', at), at };
  }

  #parseMacro(reader: TokenReader, at: number): void {
    if (this.#nesting > 1)
      throw syntaxError(this.#text, at, 'A macro cannot stand inside another block', 'Move it to the top level.');
    const token = reader.expectName('the name of the macro');
    const name = token.text;
    if (isReservedWord(name)) throw reader.failure(`"${name}" cannot be used as a name`, token.start);
    if (this.#macros.has(name)) throw reader.failure(`There are two macros "${name}"`, token.start);
    const parameters = this.#parseParameters(reader);
    reader.expectEnd('"%}"');
    const body = this.#parseUntil('endmacro', at);
    this.#macros.set(name, { name, parameters, body, at });
  }

  #parseParameters(reader: TokenReader): readonly Parameter[] {
    const parameters: Parameter[] = [];
    const names = new Set<string>();
    reader.expectOperator('(', 'after the name of the macro');
    while (!reader.isOperator(')')) {
      const token = reader.expectName('the name of a parameter');
      if (isReservedWord(token.text) || names.has(token.text)) {
        throw reader.failure(`"${token.text}" cannot name another parameter`, token.start);
      }
      const fallback = reader.skipOperator('=') ? parseExpression(reader) : undefined;
      names.add(token.text);
      parameters.push({ name: token.text, fallback });
      if (!reader.skipOperator(',') && !reader.isOperator(')')) throw reader.unexpected('"," or ")"');
    }
    reader.next();
    return parameters;
  }
}

/**
 * A template as statements and macros.
 *
 * @throws SPEC_TEMPLATE with line and column of the first thing wrong
 */
export function parseTemplate(text: string): TemplateSource {
  return new TemplateParser(text).run();
}
