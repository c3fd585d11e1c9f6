/**
 * What tests of flow files share: a small action catalogue, and short ways to parse.
 */
import type { JsonObject } from '../../src/core/index.ts';
import type { ActionCatalogue, ActionFacts, Flow } from '../../src/flow/index.ts';
import { type ParsedFlow, type ParseFlowOptions, parseFlow } from '../../src/spec/index.ts';

function anAction(name: string, withSchema: JsonObject): ActionFacts {
  return { name, effect: 'safe', about: `What ${name} does.`, withSchema, resultSchema: {} };
}

const ACTIONS: readonly ActionFacts[] = [
  anAction('http.get', {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string' },
      retries: { type: 'integer', maximum: 5 },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      as: { enum: ['text', 'blob'] },
    },
  }),
  anAction('log', { type: 'object', properties: { message: {} } }),
];

/** Knows `http.get` (strict about its input) and `log`. */
export const CATALOGUE: ActionCatalogue = {
  find: (name) => ACTIONS.find((action) => action.name === name),
  names: () => ACTIONS.map((action) => action.name),
};

/** Refuses what `bad` matches, at its line. */
export function luaCheckRefusing(bad: RegExp): NonNullable<ParseFlowOptions['checkLua']> {
  return (code) => {
    const match = bad.exec(code);
    return match === null
      ? undefined
      : { line: code.slice(0, match.index).split('\n').length, message: 'syntax error' };
  };
}

/** Parses `text` as `flow.yaml` over {@link CATALOGUE}. */
export function parse(text: string, options: Partial<ParseFlowOptions> = {}): ParsedFlow {
  return parseFlow(text, { file: 'flow.yaml', directory: '.', actions: CATALOGUE, ...options });
}

/** The flow of `text`, which must have no error. */
export function flowOf(text: string, options: Partial<ParseFlowOptions> = {}): Flow {
  const { flow, diagnostics } = parse(text, options);
  if (flow === undefined) throw new Error(diagnostics.map((found) => JSON.stringify(found)).join('\n'));
  return flow;
}

/** What is wrong with `text`, each as `line:column CODE`, warnings with a `w` in front. */
export function problemsOf(text: string, options: Partial<ParseFlowOptions> = {}): readonly string[] {
  return parse(text, options).diagnostics.map(
    ({ line, column, code, severity }) => `${severity === 'warning' ? 'w ' : ''}${line}:${column} ${code}`,
  );
}

/** The messages and hints of what is wrong with `text`. */
export function messagesOf(text: string, options: Partial<ParseFlowOptions> = {}): readonly string[] {
  return parse(text, options).diagnostics.map(({ message, hint }) =>
    hint === undefined ? message : `${message} ${hint}`,
  );
}
