/**
 * Path, query and body made into the input of a run.
 *
 * Body wins over query over path. Only declared query parameters come through; every problem
 * is collected, so a client sees all of them at once.
 */
import { type JsonObject, type JsonValue, setOwn } from '../core/index.ts';
import type { Endpoint, Parameter } from '../flow/index.ts';
import { type InputProblem, RequestError } from './problem.ts';

/** What a request brought. */
export interface RequestParts {
  readonly pathValues: ReadonlyMap<string, string>;
  /** The text after `?`, not decoded. */
  readonly query: string;
  readonly body: JsonObject;
}

/**
 * The input for the flow.
 *
 * @throws FLOW_INPUT with every problem in `details.errors`
 */
export function toInput(endpoint: Endpoint, parts: RequestParts): JsonObject {
  const problems: InputProblem[] = [];
  const input: { [key: string]: JsonValue } = {};
  const has = (parameter: Parameter): boolean =>
    Object.hasOwn(parts.body, parameter.mapTo) || Object.hasOwn(input, parameter.mapTo);

  const declaredInPath = new Map(endpoint.pathParams.map((parameter) => [parameter.name, parameter]));
  for (const [name, text] of parts.pathValues) {
    const parameter = declaredInPath.get(name);
    if (parameter === undefined) setOwn(input, name, text);
    else take({ parameter, in: 'path', text }, input, problems);
  }
  const query = new URLSearchParams(parts.query);
  for (const parameter of endpoint.queryParams) {
    const texts = query.getAll(parameter.name);
    if (texts.length > 1) {
      problems.push({ in: 'query', name: parameter.name, message: `must be given once, got it ${texts.length} times` });
    } else if (texts[0] !== undefined) take({ parameter, in: 'query', text: texts[0] }, input, problems);
    else if (!has(parameter)) {
      if (parameter.default !== undefined) setOwn(input, parameter.mapTo, parameter.default);
      else if (parameter.required) problems.push({ in: 'query', name: parameter.name, message: 'is required' });
    }
  }
  if (problems.length > 0) throw inputError(problems);
  for (const key of Object.keys(parts.body)) setOwn(input, key, parts.body[key] as JsonValue);
  return input;
}

/** The refusal that lists what is wrong with a request. */
export function inputError(problems: readonly InputProblem[]): RequestError {
  const sentence = problems
    .map(({ in: place, name, message }) => (name === '' ? message : `${place} ${name} ${message}`).replace(/\.$/, ''))
    .join('; ');
  return new RequestError('FLOW_INPUT', `The request does not fit: ${sentence}.`, {
    details: { errors: problems.map((problem) => ({ ...problem })) },
  });
}

interface Given {
  readonly parameter: Parameter;
  readonly in: 'query' | 'path';
  readonly text: string;
}

function take(given: Given, input: { [key: string]: JsonValue }, problems: InputProblem[]): void {
  const { parameter, text } = given;
  const value = toValue(parameter.type, text);
  const message =
    value === undefined ? `must be ${TYPE_WORDS[parameter.type]}, got ${shown(text)}` : outOfRange(parameter, value);
  if (message !== undefined) problems.push({ in: given.in, name: parameter.name, message });
  else if (value !== undefined) setOwn(input, parameter.mapTo, value);
}

const TYPE_WORDS = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
} as const satisfies Record<Parameter['type'], string>;

const DECIMAL = /^[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,3})?$/i;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

function toValue(type: Parameter['type'], text: string): JsonValue | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'integer': {
      const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      // Adding 0 makes a plain 0 of -0.
      return Number.isSafeInteger(value) ? value + 0 : undefined;
    }
    case 'number': {
      const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
      return Number.isFinite(value) ? value : undefined;
    }
    case 'boolean':
      return BOOLEANS.get(text);
  }
}

/** For texts, `min` and `max` are lengths. */
function outOfRange({ min, max }: Parameter, value: JsonValue): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  const size = typeof value === 'number' ? value : value.length;
  const unit = typeof value === 'number' ? '' : ' characters long';
  if (min !== undefined && size < min) return `must be at least ${min}${unit}, got ${shown(String(size))}`;
  if (max !== undefined && size > max) return `must be at most ${max}${unit}, got ${shown(String(size))}`;
  return undefined;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}

/** The problems that the engine's schema check lists in an error's details; the message when it lists none. */
export function problemsOf(details: JsonObject | undefined, message: string): readonly InputProblem[] {
  const listed = details?.['problems'];
  const sentences = Array.isArray(listed) ? listed.filter((item) => typeof item === 'string') : [];
  return (sentences.length === 0 ? [message] : sentences).map((sentence) => ({
    in: 'body',
    name: '',
    message: sentence,
  }));
}
