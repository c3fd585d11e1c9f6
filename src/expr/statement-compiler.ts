/**
 * Statements of a template to closures that print.
 *
 * With HTML escaping on, it walks the fixed text in order and refuses outputs where data could become
 * code. Both branches of an `if` must end at the same place of the HTML, and a loop where it began.
 */
import type { JsonValue } from '../core/index.ts';
import { itemsOf } from './access.ts';
import type { Expr, MacroDefinition, Statement, Target } from './ast.ts';
import { syntaxError } from './error.ts';
import { type Evaluation, Frame } from './evaluation.ts';
import { ExpressionCompiler, type MacroCall, type Run } from './expression-compiler.ts';
import { advanceHtml, HTML_START, type HtmlContext, isSameContext } from './html-context.ts';
import { compileOutput, type Print } from './output-compiler.ts';
import { isList, isObject, Markup, Namespace, toJson, typeName, type Value } from './value.ts';

/** Reading a namespace as a value costs its names; they are few, so that need not be counted. */
const MAX_NAMESPACE_NAMES = 64;

interface CompiledBody {
  readonly print: Print;
  /** Where in the HTML the text behind the body stands. */
  readonly context: HtmlContext;
}

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** See the head of this file. One compiler serves one template. */
export class StatementCompiler {
  readonly expressions: ExpressionCompiler;
  /** Names the template sets itself. */
  readonly localNames = new Set<string>(['loop']);
  readonly #text: string;
  readonly #isHtml: boolean;

  constructor(text: string, isHtml: boolean, macros: ReadonlyMap<string, MacroCall>) {
    this.expressions = new ExpressionCompiler(text, { isTemplate: true, isHtml, macros });
    this.#text = text;
    this.#isHtml = isHtml;
  }

  /** A closure that prints `statements`, standing at `context` of the HTML. */
  compileBody(statements: readonly Statement[], start: HtmlContext): CompiledBody {
    let context = start;
    const prints: Print[] = [];
    for (const statement of statements) {
      const compiled = this.#compileStatement(statement, context);
      prints.push(compiled.print);
      context = compiled.context;
    }
    const [only] = prints;
    if (prints.length === 1 && only !== undefined) return { print: only, context };
    return {
      context,
      print(evaluation) {
        for (const print of prints) print(evaluation);
      },
    };
  }

  /** A closure that prints a macro's body; it begins and ends in HTML text, as its output is used there. */
  compileMacro(macro: MacroDefinition): MacroCall {
    const fallbacks = macro.parameters.map(({ fallback }) =>
      fallback === undefined ? undefined : this.#expression(fallback),
    );
    const names = macro.parameters.map(({ name }) => name);
    for (const name of names) this.localNames.add(name);
    const print = this.#compileIsland(macro.body, macro.at);
    const isHtml = this.#isHtml;
    return {
      parameters: names,
      call(args, evaluation) {
        const outer = evaluation.frame;
        const frame = new Frame(evaluation.root);
        evaluation.charge(1 + names.length);
        evaluation.frame = frame;
        names.forEach((name, index) => {
          const fallback = args[index] === undefined ? fallbacks[index] : undefined;
          if (fallback !== undefined) evaluation.charge(fallback.cost);
          frame.names.set(name, args[index] ?? fallback?.run(evaluation) ?? null);
        });
        const text = evaluation.capture(() => print(evaluation));
        evaluation.frame = outer;
        return isHtml ? new Markup(text) : text;
      },
    };
  }

  /** A body whose output is used as a value: complete in itself. */
  #compileIsland(body: readonly Statement[], at: number): Print {
    const { print, context } = this.compileBody(body, HTML_START);
    if (this.#isHtml && !isSameContext(context, HTML_START)) {
      throw syntaxError(
        this.#text,
        at,
        'This block ends inside a tag, a script or a comment',
        'Close what it opens within the block.',
      );
    }
    return print;
  }

  #compileStatement(statement: Statement, context: HtmlContext): CompiledBody {
    switch (statement.kind) {
      case 'text': {
        const { text } = statement;
        const after = this.#isHtml ? advanceHtml(context, text) : context;
        return { print: (evaluation) => evaluation.print(text), context: after };
      }
      case 'output': {
        const print = compileOutput(this.expressions, statement, this.#isHtml ? context : undefined);
        return { print, context };
      }
      case 'if':
        return this.#compileIf(statement, context);
      case 'for':
        return this.#compileFor(statement, context);
      case 'set':
        return { print: this.#compileSet(statement), context };
      case 'capture':
        return { print: this.#compileCapture(statement), context };
      case 'with':
        return this.#compileWith(statement, context);
    }
  }

  #expression(expr: Expr): { run: Run; cost: number } {
    const before = this.expressions.cost;
    const run = this.expressions.compile(expr);
    return { run, cost: this.expressions.cost - before };
  }

  #checkSame(left: HtmlContext, right: HtmlContext, at: number, sentence: string): void {
    if (this.#isHtml && !isSameContext(left, right)) {
      throw syntaxError(this.#text, at, sentence, 'Open and close tags, quotes and scripts within the same block.');
    }
  }

  #compileIf({ branches, otherwise, at }: StatementOf<'if'>, context: HtmlContext): CompiledBody {
    const compiled = branches.map(({ condition, body }) => ({
      ...this.#expression(condition),
      body: this.compileBody(body, context),
    }));
    const last = this.compileBody(otherwise, context);
    for (const { body } of compiled) {
      this.#checkSame(body.context, last.context, at, 'The branches of this "if" end at different places of the HTML');
    }
    return {
      context: last.context,
      print(evaluation) {
        for (const { run, cost, body } of compiled) {
          evaluation.charge(cost);
          if (evaluation.isTrue(run(evaluation))) {
            body.print(evaluation);
            return;
          }
        }
        last.print(evaluation);
      },
    };
  }

  #compileFor(statement: StatementOf<'for'>, context: HtmlContext): CompiledBody {
    const { targets, at } = statement;
    for (const name of targets) this.localNames.add(name);
    const items = this.#expression(statement.items);
    const wasLoopRead = this.expressions.isLoopRead;
    const condition = statement.condition === undefined ? undefined : this.#expression(statement.condition);
    this.expressions.isLoopRead = false;
    const body = this.compileBody(statement.body, context);
    const isLoopRead = this.expressions.isLoopRead;
    this.expressions.isLoopRead = wasLoopRead;
    const otherwise = this.compileBody(statement.otherwise, context);
    const sentence = 'The body of this "for" ends at another place of the HTML than it begins';
    this.#checkSame(body.context, context, at, sentence);
    this.#checkSame(otherwise.context, context, at, sentence);
    const isChosen = (item: JsonValue, evaluation: Evaluation): boolean => {
      if (condition === undefined) return true;
      evaluation.charge(1 + condition.cost);
      const outer = enterFrame(evaluation);
      evaluation.at = at;
      assign(evaluation, targets, item);
      const isTrue = evaluation.isTrue(condition.run(evaluation));
      evaluation.frame = outer;
      return isTrue;
    };
    return {
      context,
      print(evaluation) {
        evaluation.charge(1 + items.cost);
        const value = items.run(evaluation);
        evaluation.at = at;
        const all = itemsOf(value, evaluation);
        const chosen = condition === undefined ? all : all.filter((item) => isChosen(item, evaluation));
        if (chosen.length === 0) otherwise.print(evaluation);
        for (let index = 0; index < chosen.length; index += 1) {
          const outer = enterFrame(evaluation);
          evaluation.at = at;
          assign(evaluation, targets, chosen[index] ?? null);
          if (isLoopRead) evaluation.frame?.names.set('loop', loopAt(chosen, index));
          body.print(evaluation);
          evaluation.frame = outer;
        }
      },
    };
  }

  #compileSet({ target, value, at }: StatementOf<'set'>): Print {
    const { run, cost } = this.#expression(value);
    if (target.kind === 'names') for (const name of target.names) this.localNames.add(name);
    const store = target.kind === 'names' ? storeNames(target.names) : storeMember(target);
    return (evaluation) => {
      evaluation.charge(1 + cost);
      const result = run(evaluation);
      evaluation.at = at;
      store(evaluation, result);
    };
  }

  #compileCapture({ name, body, at }: StatementOf<'capture'>): Print {
    this.localNames.add(name);
    const print = this.#compileIsland(body, at);
    const isHtml = this.#isHtml;
    return (evaluation) => {
      evaluation.charge(1);
      const text = evaluation.capture(() => print(evaluation));
      evaluation.frame?.names.set(name, isHtml ? new Markup(text) : text);
    };
  }

  #compileWith({ entries, body }: StatementOf<'with'>, context: HtmlContext): CompiledBody {
    const compiled = entries.map(([name, value]) => ({ name, ...this.#expression(value) }));
    for (const { name } of compiled) this.localNames.add(name);
    const inner = this.compileBody(body, context);
    return {
      context: inner.context,
      print(evaluation) {
        const values = compiled.map(({ run, cost }) => {
          evaluation.charge(1 + cost);
          return run(evaluation);
        });
        const outer = enterFrame(evaluation);
        compiled.forEach(({ name }, index) => {
          evaluation.frame?.names.set(name, values[index] ?? null);
        });
        inner.print(evaluation);
        evaluation.frame = outer;
      },
    };
  }
}

/** Opens a new innermost frame; returns the one to go back to. */
function enterFrame(evaluation: Evaluation): Frame | undefined {
  const outer = evaluation.frame;
  evaluation.frame = new Frame(outer);
  return outer;
}

function storeNames(names: readonly string[]): (evaluation: Evaluation, value: Value) => void {
  return (evaluation, value) => assign(evaluation, names, value);
}

function storeMember({
  object,
  name,
}: Extract<Target, { kind: 'member' }>): (evaluation: Evaluation, value: Value) => void {
  return (evaluation, value) => {
    for (let { frame } = evaluation; frame !== undefined; frame = frame.outer) {
      const holder = frame.names.get(object);
      if (holder instanceof Namespace) {
        if (holder.values.size >= MAX_NAMESPACE_NAMES && !holder.values.has(name)) {
          throw evaluation.exceeded(`A namespace holds at most ${MAX_NAMESPACE_NAMES} names`);
        }
        holder.values.set(name, value);
        return;
      }
      if (holder !== undefined) break;
    }
    throw evaluation.failure(
      `Only a namespace can be changed, and "${object}" is none`,
      `Make it with {% set ${object} = namespace() %}.`,
    );
  };
}

function assign(evaluation: Evaluation, names: readonly string[], value: Value): void {
  const target = evaluation.frame?.names;
  const [only] = names;
  if (names.length === 1 && only !== undefined) {
    target?.set(only, value);
    return;
  }
  const parts = unpack(toJson(value));
  if (parts === undefined || parts.length !== names.length) {
    const found = parts === undefined ? typeName(value) : `a list of ${parts.length}`;
    throw evaluation.failure(`Cannot take ${found} apart into ${names.length} names`);
  }
  names.forEach((name, index) => {
    target?.set(name, parts[index] ?? null);
  });
}

/** The parts of a list, or of a group as `groupby` makes it. */
function unpack(value: JsonValue): readonly JsonValue[] | undefined {
  if (isList(value)) return value;
  if (!isObject(value) || !Object.hasOwn(value, 'grouper') || !Object.hasOwn(value, 'list')) return undefined;
  return [value['grouper'] ?? null, value['list'] ?? null];
}

/** What `loop` is within the body of a loop. */
function loopAt(items: readonly JsonValue[], index: number): JsonValue {
  return {
    index: index + 1,
    index0: index,
    revindex: items.length - index,
    revindex0: items.length - index - 1,
    first: index === 0,
    last: index === items.length - 1,
    length: items.length,
    depth: 1,
    depth0: 0,
    previtem: items[index - 1] ?? null,
    nextitem: items[index + 1] ?? null,
  };
}
