/**
 * Tokens to expressions, with Jinja's precedence.
 *
 * From loosest to tightest: `a if c else b`, or, and, not, comparisons and `in`, + -, ~, * / // %,
 * **, signs, then attributes, calls, filters and `is`. Invariant: the depth of what is returned is
 * at most MAX_CHAIN, so walking it cannot overflow the stack.
 */
import type { Arguments, BinaryOperator, CompareOperator, Comparison, Expr, ExprDraft, NamedArgument } from './ast.ts';
import { MAX_CHAIN } from './limits.ts';
import type { TokenReader } from './token-reader.ts';

const COMPARE_OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const NO_ARGUMENTS: Arguments = { positional: [], named: [] };
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
  ['null', null],
]);
const RESERVED: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else', 'elif']);

/** True for a word that cannot name a variable. */
export function isReservedWord(word: string): boolean {
  return RESERVED.has(word) || CONSTANTS.has(word);
}

function build(reader: TokenReader, draft: ExprDraft, at: number, children: readonly (Expr | undefined)[]): Expr {
  let depth = 0;
  for (const child of children) if (child !== undefined && child.depth > depth) depth = child.depth;
  depth += 1;
  if (depth > MAX_CHAIN) {
    const sentence = `This expression chains more than ${MAX_CHAIN} operations`;
    throw reader.failure(sentence, at, 'Split it with {% set %} or join a list.');
  }
  return { ...draft, at, depth };
}

/** An expression, `a if c else b` included. */
export function parseExpression(reader: TokenReader): Expr {
  return reader.nested(() => {
    let value = parseOr(reader);
    while (reader.isWord('if')) {
      const at = reader.next().start;
      const condition = parseOr(reader);
      const otherwise = reader.skipWord('else') ? parseExpression(reader) : undefined;
      const draft: ExprDraft = { kind: 'conditional', condition, whenTrue: value, otherwise };
      value = build(reader, draft, at, [value, condition, otherwise]);
    }
    return value;
  });
}

/** `a, b, c` as a list, or just `a`; `parseItem` reads one of them. */
export function parseTuple(reader: TokenReader, parseItem = parseExpression): Expr {
  const first = parseItem(reader);
  if (!reader.isOperator(',')) return first;
  const items = [first];
  while (reader.skipOperator(',')) {
    if (reader.token.kind === 'end' || reader.isOperator(')')) break;
    items.push(parseItem(reader));
  }
  return build(reader, { kind: 'list', items }, first.at, items);
}

/** An expression without `if … else`, as `for x in y if z` needs it. */
export function parseOr(reader: TokenReader): Expr {
  let left = parseAnd(reader);
  while (reader.isWord('or')) {
    const at = reader.next().start;
    const right = parseAnd(reader);
    left = build(reader, { kind: 'logic', operator: 'or', left, right }, at, [left, right]);
  }
  return left;
}

function parseAnd(reader: TokenReader): Expr {
  let left = parseNot(reader);
  while (reader.isWord('and')) {
    const at = reader.next().start;
    const right = parseNot(reader);
    left = build(reader, { kind: 'logic', operator: 'and', left, right }, at, [left, right]);
  }
  return left;
}

function parseNot(reader: TokenReader): Expr {
  if (!reader.isWord('not')) return parseCompare(reader);
  const at = reader.next().start;
  const operand = reader.nested(() => parseNot(reader));
  return build(reader, { kind: 'unary', operator: 'not', operand }, at, [operand]);
}

function readCompareOperator(reader: TokenReader): CompareOperator | undefined {
  if (reader.token.kind === 'operator' && COMPARE_OPERATORS.has(reader.token.text)) {
    return reader.next().text as CompareOperator;
  }
  if (reader.skipWord('in')) return 'in';
  if (reader.isWord('not') && reader.following.kind === 'name' && reader.following.text === 'in') {
    reader.next();
    reader.next();
    return 'not in';
  }
  return undefined;
}

function parseCompare(reader: TokenReader): Expr {
  const first = parseSum(reader);
  const rest: Comparison[] = [];
  for (;;) {
    const at = reader.token.start;
    const operator = readCompareOperator(reader);
    if (operator === undefined) break;
    rest.push({ operator, operand: parseSum(reader), at });
  }
  if (rest.length === 0) return first;
  return build(reader, { kind: 'compare', first, rest }, (rest[0] as Comparison).at, [
    first,
    ...rest.map((link) => link.operand),
  ]);
}

function parseBinary(reader: TokenReader, operators: readonly string[], parseOperand: (reader: TokenReader) => Expr) {
  let left = parseOperand(reader);
  while (reader.token.kind === 'operator' && operators.includes(reader.token.text)) {
    const token = reader.next();
    const right = parseOperand(reader);
    const operator = token.text as BinaryOperator;
    left = build(reader, { kind: 'binary', operator, left, right }, token.start, [left, right]);
  }
  return left;
}

const SUM_OPERATORS = ['+', '-'];
const JOIN_OPERATORS = ['~'];
const PRODUCT_OPERATORS = ['*', '/', '//', '%'];
const POWER_OPERATORS = ['**'];

function parseSum(reader: TokenReader): Expr {
  return parseBinary(reader, SUM_OPERATORS, parseJoin);
}

function parseJoin(reader: TokenReader): Expr {
  return parseBinary(reader, JOIN_OPERATORS, parseProduct);
}

function parseProduct(reader: TokenReader): Expr {
  return parseBinary(reader, PRODUCT_OPERATORS, parsePower);
}

function parsePower(reader: TokenReader): Expr {
  return parseBinary(reader, POWER_OPERATORS, parseFiltered);
}

function parseFiltered(reader: TokenReader): Expr {
  return parseFilters(reader, parseSigned(reader));
}

function parseSigned(reader: TokenReader): Expr {
  const { token } = reader;
  if (token.kind === 'operator' && (token.text === '-' || token.text === '+')) {
    reader.next();
    const operand = reader.nested(() => parseSigned(reader));
    if (token.text === '-' && operand.kind === 'literal' && typeof operand.value === 'number') {
      return build(reader, { kind: 'literal', value: 0 - operand.value }, token.start, []);
    }
    return build(reader, { kind: 'unary', operator: token.text, operand }, token.start, [operand]);
  }
  return parsePostfix(reader, parsePrimary(reader));
}

function parseFilters(reader: TokenReader, start: Expr): Expr {
  let value = start;
  for (;;) {
    if (reader.skipOperator('|')) value = parseFilter(reader, value);
    else if (reader.isWord('is')) value = parseTest(reader, value);
    else return value;
  }
}

function parseFilter(reader: TokenReader, operand: Expr): Expr {
  const { text: name, start } = reader.expectName('the name of a filter after "|"');
  const args = parseOptionalArguments(reader);
  const filtered = build(reader, { kind: 'filter', operand, name, args }, start, [operand, ...argumentValues(args)]);
  return parsePostfix(reader, filtered);
}

function parseTest(reader: TokenReader, operand: Expr): Expr {
  reader.next();
  const isNegated = reader.skipWord('not');
  const { text: name, start } = reader.expectName('the name of a test after "is"');
  let args = parseOptionalArguments(reader);
  if (args === NO_ARGUMENTS && startsBareArgument(reader)) {
    const argument = parsePostfix(reader, parsePrimary(reader));
    args = { positional: [argument], named: [] };
  }
  const draft: ExprDraft = { kind: 'test', operand, name, args, isNegated };
  return build(reader, draft, start, [operand, ...argumentValues(args)]);
}

/** True where `is divisibleby 3` has its argument without parentheses. */
function startsBareArgument(reader: TokenReader): boolean {
  const { token } = reader;
  if (token.kind === 'number' || token.kind === 'string') return true;
  if (token.kind === 'name') return !RESERVED.has(token.text);
  return token.kind === 'operator' && (token.text === '[' || token.text === '{');
}

function parsePostfix(reader: TokenReader, start: Expr): Expr {
  let value = start;
  for (;;) {
    const { token } = reader;
    if (reader.skipOperator('.')) value = parseAttribute(reader, value);
    else if (reader.skipOperator('[')) value = parseSubscript(reader, value, token.start);
    else if (reader.isOperator('(')) value = parseCall(reader, value);
    else return value;
  }
}

function parseAttribute(reader: TokenReader, object: Expr): Expr {
  const token = reader.next();
  if (token.kind === 'name') {
    return build(reader, { kind: 'attribute', object, name: token.text }, token.start, [object]);
  }
  if (token.kind !== 'number') throw reader.failure('Expected a name or a number after "."', token.start);
  const index = build(reader, { kind: 'literal', value: token.value }, token.start, []);
  return build(reader, { kind: 'index', object, index }, token.start, [object, index]);
}

function parseSubscript(reader: TokenReader, object: Expr, at: number): Expr {
  const parts: (Expr | undefined)[] = [undefined];
  while (!reader.isOperator(']')) {
    if (reader.skipOperator(':')) {
      if (parts.length === 3) throw reader.failure('A slice has at most three parts', at);
      parts.push(undefined);
    } else {
      if (parts.at(-1) !== undefined) throw reader.unexpected('"]" or ":"');
      parts[parts.length - 1] = parseExpression(reader);
    }
  }
  reader.expectOperator(']', 'to close this');
  const [start, stop, step] = parts;
  if (parts.length > 1) return build(reader, { kind: 'slice', object, start, stop, step }, at, [object, ...parts]);
  if (start === undefined) throw reader.failure('Expected an index or a key between "[" and "]"', at);
  return build(reader, { kind: 'index', object, index: start }, at, [object, start]);
}

function parseCall(reader: TokenReader, callee: Expr): Expr {
  const args = parseArguments(reader);
  const values = argumentValues(args);
  if (callee.kind === 'name') return build(reader, { kind: 'call', name: callee.name, args }, callee.at, values);
  if (callee.kind === 'attribute') {
    const { object, name } = callee;
    return build(reader, { kind: 'method', object, name, args }, callee.at, [object, ...values]);
  }
  throw reader.failure('Only a function, a macro or a method by its name can be called', callee.at);
}

function parseOptionalArguments(reader: TokenReader): Arguments {
  return reader.isOperator('(') ? parseArguments(reader) : NO_ARGUMENTS;
}

function parseArguments(reader: TokenReader): Arguments {
  const positional: Expr[] = [];
  const named: NamedArgument[] = [];
  const names = new Set<string>();
  reader.expectOperator('(', 'to open the arguments');
  while (!reader.isOperator(')')) {
    const { token } = reader;
    if (token.kind === 'name' && reader.following.kind === 'operator' && reader.following.text === '=') {
      if (names.has(token.text)) {
        throw reader.failure(`The argument "${token.text}" is given twice`, token.start);
      }
      reader.next();
      reader.next();
      names.add(token.text);
      named.push({ name: token.text, value: parseExpression(reader), at: token.start });
    } else {
      if (named.length > 0) throw reader.failure('Arguments without a name stand before those with one', token.start);
      positional.push(parseExpression(reader));
    }
    if (!reader.skipOperator(',') && !reader.isOperator(')')) throw reader.unexpected('"," or ")"');
  }
  reader.next();
  return { positional, named };
}

function argumentValues(args: Arguments): readonly Expr[] {
  return [...args.positional, ...args.named.map((argument) => argument.value)];
}

function parsePrimary(reader: TokenReader): Expr {
  const token = reader.next();
  switch (token.kind) {
    case 'number':
      return build(reader, { kind: 'literal', value: token.value }, token.start, []);
    case 'string':
      return parseString(reader, token.text, token.start);
    case 'name': {
      const constant = CONSTANTS.get(token.text);
      if (constant !== undefined) return build(reader, { kind: 'literal', value: constant }, token.start, []);
      if (RESERVED.has(token.text)) {
        throw reader.failure(`Expected a value, found "${token.text}"`, token.start);
      }
      return build(reader, { kind: 'name', name: token.text }, token.start, []);
    }
    case 'operator':
      if (token.text === '(') return parseParentheses(reader, token.start);
      if (token.text === '[') return parseList(reader, token.start);
      if (token.text === '{') return parseObject(reader, token.start);
      throw reader.failure(`Expected a value, found "${token.text}"`, token.start);
    case 'end':
      throw reader.failure('Expected a value, found the end', token.start);
  }
}

/** Strings beside each other are one string. */
function parseString(reader: TokenReader, first: string, at: number): Expr {
  const parts = [first];
  while (reader.token.kind === 'string') parts.push(reader.next().text);
  return build(reader, { kind: 'literal', value: parts.join('') }, at, []);
}

function parseParentheses(reader: TokenReader, at: number): Expr {
  if (reader.skipOperator(')')) return build(reader, { kind: 'list', items: [] }, at, []);
  const value = parseTuple(reader);
  reader.expectOperator(')', 'to close the parenthesis');
  return value;
}

function parseList(reader: TokenReader, at: number): Expr {
  const items: Expr[] = [];
  while (!reader.isOperator(']')) {
    items.push(parseExpression(reader));
    if (!reader.skipOperator(',') && !reader.isOperator(']')) throw reader.unexpected('"," or "]"');
  }
  reader.next();
  return build(reader, { kind: 'list', items }, at, items);
}

function parseObject(reader: TokenReader, at: number): Expr {
  const entries: [Expr, Expr][] = [];
  while (!reader.isOperator('}')) {
    const key = parseExpression(reader);
    reader.expectOperator(':', 'after the key');
    entries.push([key, parseExpression(reader)]);
    if (!reader.skipOperator(',') && !reader.isOperator('}')) throw reader.unexpected('"," or "}"');
  }
  reader.next();
  return build(reader, { kind: 'object', entries }, at, entries.flat());
}
