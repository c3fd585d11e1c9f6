/**
 * Expressions to closures: compiled once, run as often as wanted.
 *
 * Every name of a filter, test, function or macro is resolved here, so a mistyped one is an error of
 * the text. A closure notes its offset before anything that can fail.
 */
import { escapeHtml, type JsonValue, setOwn } from '../core/index.ts';
import { readIndex, readMember, readSlice } from './access.ts';
import { computeBinary, computeSign } from './arithmetic.ts';
import type { Arguments, Expr } from './ast.ts';
import { type ArgumentValues, bindArguments, type CallSite, type Signature, unknownName } from './callable.ts';
import { compareValues } from './comparison.ts';
import { syntaxError } from './error.ts';
import type { Evaluation } from './evaluation.ts';
import { FILTERS } from './filter-table.ts';
import { FUNCTION_NAMES, range, spellFunction } from './functions.ts';
import { reasonAgainst } from './refusals.ts';
import { callMethod, METHOD_NAMES } from './methods.ts';
import { lookUp } from './selection-filters.ts';
import { toText } from './text-form.ts';
import { FORMAT_WITH_NAMES } from './text-methods.ts';
import { Markup, Namespace, toJson, typeName, type Value } from './value.ts';
import { VALUE_TESTS } from './value-tests.ts';

/** A compiled expression. */
export type Run = (evaluation: Evaluation) => Value;

/** A macro as the compiler of expressions sees it. */
export interface MacroCall extends Signature {
  /** Prints the macro with `args` by parameter position; undefined where none was given. */
  readonly call: (args: readonly (Value | undefined)[], evaluation: Evaluation) => Value;
}

type ExprOf<K extends Expr['kind']> = Extract<Expr, { kind: K }>;

/** Filters made by this compiler, for only it knows what is markup. */
export const MARKUP_FILTERS: readonly string[] = ['escape', 'e', 'forceescape', 'safe'];
const RANGE: Signature = { parameters: ['start', 'stop', 'step'], required: 1 };
const MAX_NAMESPACE_NAMES = 64;

/** True for text that only the author of the template can have chosen. */
export function isAuthorText(expr: Expr): boolean {
  if (expr.kind === 'literal') return true;
  if (expr.kind === 'conditional') {
    return isAuthorText(expr.whenTrue) && (expr.otherwise === undefined || isAuthorText(expr.otherwise));
  }
  return expr.kind === 'binary' && expr.operator === '~' && isAuthorText(expr.left) && isAuthorText(expr.right);
}

/** See the head of this file. One compiler serves one text. */
export class ExpressionCompiler {
  readonly text: string;
  /** The scope paths read: `['state', 'x']`; names that the template itself sets are among them. */
  readonly paths = new Map<string, readonly string[]>();
  /** Nodes compiled so far; the difference is the cost of an expression. */
  cost = 0;
  /** True once `loop` was read; the compiler of loops resets it. */
  isLoopRead = false;
  readonly #macros: ReadonlyMap<string, MacroCall>;
  readonly #isTemplate: boolean;
  readonly #isHtml: boolean;

  constructor(text: string, how: { isTemplate: boolean; isHtml: boolean; macros: ReadonlyMap<string, MacroCall> }) {
    this.text = text;
    this.#isTemplate = how.isTemplate;
    this.#isHtml = how.isHtml;
    this.#macros = how.macros;
  }

  compile(expr: Expr): Run {
    const path = pathOf(expr);
    if (path !== undefined) this.paths.set(JSON.stringify(path.names), path.names);
    return this.#compileNode(expr);
  }

  #compileNode(expr: Expr): Run {
    this.cost += 1;
    switch (expr.kind) {
      case 'literal': {
        const { value } = expr;
        return () => value;
      }
      case 'name':
        return this.#compileName(expr.name);
      case 'attribute': {
        const object = this.#compileNode(expr.object);
        const { name } = expr;
        return (evaluation) => readMember(object(evaluation), name);
      }
      case 'index':
        return this.#compileIndex(expr);
      case 'slice':
        return this.#compileSlice(expr);
      case 'list': {
        const items = expr.items.map((item) => this.compile(item));
        return (evaluation) => items.map((item) => toJson(item(evaluation)));
      }
      case 'object':
        return this.#compileObject(expr);
      case 'unary':
        return this.#compileUnary(expr);
      case 'binary':
        return this.#compileBinary(expr);
      case 'logic':
        return this.#compileLogic(expr);
      case 'compare':
        return this.#compileCompare(expr);
      case 'conditional': {
        const condition = this.compile(expr.condition);
        const whenTrue = this.compile(expr.whenTrue);
        const otherwise = expr.otherwise === undefined ? () => null : this.compile(expr.otherwise);
        return (evaluation) =>
          evaluation.isTrue(condition(evaluation)) ? whenTrue(evaluation) : otherwise(evaluation);
      }
      case 'filter':
        return this.#compileFilter(expr);
      case 'test':
        return this.#compileTest(expr);
      case 'call':
        return this.#compileCall(expr);
      case 'method':
        return this.#compileMethod(expr);
    }
  }

  #compileName(name: string): Run {
    if (name === 'loop') this.isLoopRead = true;
    const readScope: Run = ({ scope }) => (Object.hasOwn(scope, name) ? (scope[name] ?? null) : null);
    if (!this.#isTemplate) return readScope;
    return (evaluation) => {
      for (let { frame } = evaluation; frame !== undefined; frame = frame.outer) {
        const value = frame.names.get(name);
        if (value !== undefined) return value;
      }
      return readScope(evaluation);
    };
  }

  #compileIndex({ object, index, at }: ExprOf<'index'>): Run {
    const readObject = this.#compileNode(object);
    const readKey = this.compile(index);
    return (evaluation) => {
      const value = readObject(evaluation);
      const key = readKey(evaluation);
      evaluation.at = at;
      return readIndex(value, key, evaluation);
    };
  }

  #compileSlice({ object, start, stop, step, at }: ExprOf<'slice'>): Run {
    const readObject = this.compile(object);
    const bound = (expr: Expr | undefined): Run => (expr === undefined ? () => null : this.compile(expr));
    const [first, last, stride] = [bound(start), bound(stop), bound(step)];
    return (evaluation) => {
      const value = readObject(evaluation);
      const bounds = [first(evaluation), last(evaluation), stride(evaluation)] as const;
      evaluation.at = at;
      return readSlice(value, bounds, evaluation);
    };
  }

  #compileObject({ entries, at }: ExprOf<'object'>): Run {
    const parts = entries.map(([key, value]) => [this.compile(key), this.compile(value)] as const);
    return (evaluation) => {
      const object: { [key: string]: JsonValue } = {};
      for (const [readKey, readValue] of parts) {
        const key = toJson(readKey(evaluation));
        const value = toJson(readValue(evaluation));
        evaluation.at = at;
        if (typeof key !== 'string' && typeof key !== 'number') {
          throw evaluation.failure(`A key must be text, not ${typeName(key)}`);
        }
        setOwn(object, String(key), value);
      }
      return object;
    };
  }

  #compileUnary({ operator, operand, at }: ExprOf<'unary'>): Run {
    const run = this.compile(operand);
    if (operator === 'not') return (evaluation) => !evaluation.isTrue(run(evaluation));
    return (evaluation) => {
      const value = run(evaluation);
      evaluation.at = at;
      return computeSign(operator, value, evaluation);
    };
  }

  #compileLogic({ operator, left, right }: ExprOf<'logic'>): Run {
    const runLeft = this.compile(left);
    const runRight = this.compile(right);
    const isAnd = operator === 'and';
    return (evaluation) => {
      const value = runLeft(evaluation);
      return evaluation.isTrue(value) === isAnd ? runRight(evaluation) : value;
    };
  }

  #compileBinary({ operator, left, right, at }: ExprOf<'binary'>): Run {
    const runLeft = this.compile(left);
    const runRight = this.compile(right);
    return (evaluation) => {
      const leftValue = runLeft(evaluation);
      const rightValue = runRight(evaluation);
      evaluation.at = at;
      return computeBinary(operator, leftValue, rightValue, evaluation);
    };
  }

  #compileCompare({ first, rest }: ExprOf<'compare'>): Run {
    const runFirst = this.compile(first);
    const links = rest.map((link) => ({ ...link, run: this.compile(link.operand) }));
    return (evaluation) => {
      let left = runFirst(evaluation);
      for (const { operator, at, run } of links) {
        const right = run(evaluation);
        evaluation.at = at;
        if (!compareValues(operator, left, right, evaluation)) return false;
        left = right;
      }
      return true;
    };
  }

  /** Closures for arguments by position, evaluated to JSON. */
  #compileArguments(signature: Signature, args: Arguments, site: CallSite): (evaluation: Evaluation) => ArgumentValues {
    const bound = bindArguments(signature, args, site).map((arg) =>
      arg === undefined ? undefined : this.compile(arg),
    );
    if (bound.every((run) => run === undefined)) return () => [];
    return (evaluation) => bound.map((run) => (run === undefined ? undefined : toJson(run(evaluation))));
  }

  #compileFilter({ operand, name, args, at }: ExprOf<'filter'>): Run {
    const site = { text: this.text, at, what: `filter "${name}"` };
    if (MARKUP_FILTERS.includes(name)) {
      bindArguments({ parameters: [] }, args, site);
      return name === 'safe'
        ? this.#compileSafe(operand, at)
        : this.#compileEscape(operand, at, name === 'forceescape');
    }
    const filter = lookUp(FILTERS, name);
    if (filter === undefined) throw unknownName(site, 'filter', [...Object.keys(FILTERS), ...MARKUP_FILTERS], name);
    const run = this.compile(operand);
    const readArguments = this.#compileArguments(filter, args, site);
    return (evaluation) => {
      const value = toJson(run(evaluation));
      const values = readArguments(evaluation);
      evaluation.at = at;
      evaluation.charge(1);
      return filter.run(value, values, evaluation);
    };
  }

  #compileEscape(operand: Expr, at: number, isForced: boolean): Run {
    const run = this.compile(operand);
    return (evaluation) => {
      const value = run(evaluation);
      evaluation.at = at;
      if (value instanceof Markup && !isForced) return value;
      const text = toText(value, evaluation);
      evaluation.chargeNewText(text.length);
      const escaped = escapeHtml(text);
      evaluation.checkLength(escaped.length);
      return new Markup(escaped);
    };
  }

  /** Data never becomes markup: only what the author wrote, or what was escaped before, is taken as such. */
  #compileSafe(operand: Expr, at: number): Run {
    const run = this.compile(operand);
    const isJson = operand.kind === 'filter' && (operand.name === 'tojson' || operand.name === 'json');
    if (!this.#isHtml || isJson) return run;
    if (isAuthorText(operand)) return (evaluation) => new Markup(toText(run(evaluation), evaluation));
    return (evaluation) => {
      const value = run(evaluation);
      evaluation.at = at;
      if (value instanceof Markup || value === null) return value;
      throw evaluation.failure(
        '"safe" is only for text written in the template itself',
        'Leave it out: data is always escaped.',
      );
    };
  }

  #compileTest({ operand, name, args, isNegated, at }: ExprOf<'test'>): Run {
    const site = { text: this.text, at, what: `test "${name}"` };
    const test = lookUp(VALUE_TESTS, name);
    if (test === undefined) throw unknownName(site, 'test', Object.keys(VALUE_TESTS), name);
    const run = this.compile(operand);
    const readArguments = this.#compileArguments(test, args, site);
    return (evaluation) => {
      const value = toJson(run(evaluation));
      const values = readArguments(evaluation);
      evaluation.at = at;
      return test.run(value, values, evaluation) !== isNegated;
    };
  }

  #compileCall({ name, args, at }: ExprOf<'call'>): Run {
    const macro = this.#macros.get(name);
    if (macro !== undefined)
      return this.#compileMacroCall(macro, { text: this.text, at, what: `macro "${name}"` }, args);
    const site = { text: this.text, at, what: `function "${name}"` };
    if (name === 'dict' || name === 'namespace') return this.#compileNamed(name, args, site);
    const spelled = spellFunction(name, args, site);
    if (spelled !== undefined) return this.#compileNode(spelled);
    if (name !== 'range') {
      if (lookUp(FILTERS, name) === undefined || reasonAgainst('function', name) !== undefined) {
        throw unknownName(site, 'function', [...FUNCTION_NAMES, ...this.#macros.keys()], name);
      }
      throw syntaxError(this.text, at, `There is no ${site.what}`, `Write "x | ${name}".`);
    }
    const readArguments = this.#compileArguments(RANGE, args, site);
    return (evaluation) => {
      const values = readArguments(evaluation);
      evaluation.at = at;
      return range(values, evaluation);
    };
  }

  #compileMacroCall(macro: MacroCall, site: CallSite, args: Arguments): Run {
    const bound = bindArguments(macro, args, site).map((arg) => (arg === undefined ? undefined : this.compile(arg)));
    return (evaluation) => {
      const values = bound.map((run) => run?.(evaluation));
      evaluation.at = site.at;
      return macro.call(values, evaluation);
    };
  }

  /** `dict(a=1)` and `namespace(a=1)`. */
  #compileNamed(name: 'dict' | 'namespace', args: Arguments, site: CallSite): Run {
    const first = args.positional[0];
    if (first !== undefined) throw syntaxError(this.text, first.at, `The ${site.what} takes arguments with names only`);
    if (args.named.length > MAX_NAMESPACE_NAMES) {
      throw syntaxError(this.text, site.at, `The ${site.what} takes at most ${MAX_NAMESPACE_NAMES} arguments`);
    }
    const parts = args.named.map((argument) => [argument.name, this.compile(argument.value)] as const);
    return (evaluation) => {
      const namespace = new Namespace();
      for (const [key, run] of parts) namespace.values.set(key, run(evaluation));
      return name === 'namespace' ? namespace : toJson(namespace);
    };
  }

  #compileMethod({ object, name, args, at }: ExprOf<'method'>): Run {
    if (object.kind === 'name' && object.name === 'loop' && name === 'cycle') return this.#compileCycle(args, at);
    const site = { text: this.text, at, what: `method "${name}"` };
    if (!METHOD_NAMES.has(name)) throw unknownName(site, 'method', METHOD_NAMES, name);
    const readObject = this.compile(object);
    if (name === 'format' && args.named.length > 0) return this.#compileNamedFormat(readObject, args, site);
    const readArguments = this.#compileArguments({ parameters: [], isVariadic: true }, args, site);
    return (evaluation) => {
      const receiver = toJson(readObject(evaluation));
      const values = readArguments(evaluation);
      evaluation.at = at;
      return callMethod(receiver, name, values, evaluation);
    };
  }

  /** `"{name}".format(name=value)`. */
  #compileNamedFormat(readText: Run, args: Arguments, site: CallSite): Run {
    const readNames = this.#compileNamed('dict', { positional: [], named: args.named }, site);
    const readOthers = args.positional.map((arg) => this.compile(arg));
    return (evaluation) => {
      const text = toJson(readText(evaluation));
      const others = readOthers.map((run) => toJson(run(evaluation)));
      const names = toJson(readNames(evaluation));
      evaluation.at = site.at;
      return callMethod(text, FORMAT_WITH_NAMES, [names, ...others], evaluation);
    };
  }

  /** `loop.cycle(a, b)`: one of its arguments by turns. */
  #compileCycle(args: Arguments, at: number): Run {
    const site = { text: this.text, at, what: 'method "cycle"' };
    const runs = bindArguments({ parameters: ['first'], required: 1, isVariadic: true }, args, site);
    const choices = runs.map((run) => (run === undefined ? () => null : this.compile(run)));
    const readLoop = this.#compileName('loop');
    return (evaluation) => {
      const index = readMember(readLoop(evaluation), 'index0');
      evaluation.at = at;
      if (typeof index !== 'number') throw evaluation.failure('"loop" is only there within a loop');
      return choices[index % choices.length]?.(evaluation) ?? null;
    };
  }
}

/** The names an expression reads from a scope, as far as they are known before it runs. */
function pathOf(expr: Expr): { names: readonly string[]; isWhole: boolean } | undefined {
  if (expr.kind === 'name') return { names: [expr.name], isWhole: true };
  if (expr.kind !== 'attribute' && expr.kind !== 'index') return undefined;
  const path = pathOf(expr.object);
  if (path === undefined || !path.isWhole) return path;
  if (expr.kind === 'attribute') return { names: [...path.names, expr.name], isWhole: true };
  const key = expr.index.kind === 'literal' ? expr.index.value : undefined;
  if (typeof key === 'string') return { names: [...path.names, key], isWhole: true };
  return { names: path.names, isWhole: false };
}
