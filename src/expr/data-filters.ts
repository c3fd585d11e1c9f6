/**
 * Filters between values and their written forms: defaults, JSON, hashes.
 */
import { type JsonValue, sha256Hex } from '../core/index.ts';
import { type ArgumentValues, type Filter, flagArgument, wholeArgument } from './callable.ts';
import type { Evaluation } from './evaluation.ts';
import { MAX_DATA_DEPTH } from './limits.ts';
import { toText, writeJson } from './text-form.ts';
import { isList, isObject, typeName } from './value.ts';

const SCRIPT_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  "'": '\\u0027',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

function plainJson(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  return writeJson(value, evaluation, wholeArgument(args[0], 'indent', { fallback: 0, min: 0, max: 16 }, evaluation));
}

/** JSON that means the same and cannot end a script element or an attribute in single quotes. */
function scriptJson(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  const json = plainJson(value, args, evaluation);
  const safe = json.replace(/[<>&'\u2028\u2029]/g, (character) => SCRIPT_ESCAPES[character] as string);
  evaluation.chargeNewText(safe.length);
  return safe;
}

/** JSON text may spell numbers no JSON value can hold (1e999) and nest without end. */
function checkParsed(value: JsonValue, depth: number, evaluation: Evaluation): void {
  evaluation.charge(1);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw evaluation.failure('The JSON text holds a number that is too large');
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_DATA_DEPTH) {
    throw evaluation.exceeded(`The JSON text is nested deeper than ${MAX_DATA_DEPTH} levels`);
  }
  for (const item of isList(value) ? value : Object.values(value)) checkParsed(item, depth + 1, evaluation);
}

function parseJson(value: JsonValue, _args: ArgumentValues, evaluation: Evaluation): JsonValue {
  // Already read, or nothing to read: data that some sources give as text and others as values.
  if (value === null || isList(value) || isObject(value)) return value;
  if (typeof value !== 'string') throw evaluation.failure(`Cannot read JSON from ${typeName(value)}`, 'It needs text.');
  evaluation.chargeText(value.length);
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(value) as JsonValue;
  } catch {
    // The engine's message quotes the data, which may be secret; its start is enough to find it.
    throw evaluation.failure('This text is not valid JSON', 'Check what it holds before "fromjson".');
  }
  checkParsed(parsed, 0, evaluation);
  return parsed;
}

const fallback: Filter = {
  parameters: ['default_value', 'boolean'],
  aliases: { value: 'default_value' },
  run(value, args, evaluation) {
    const isMissing = flagArgument(args[1], false, evaluation) ? !evaluation.isTrue(value) : value === null;
    return isMissing ? (args[0] ?? (args[0] === null ? null : '')) : value;
  },
};

/** Filters on whole values by name. */
export const DATA_FILTERS: Readonly<Record<string, Filter>> = {
  default: fallback,
  d: fallback,
  tojson: { parameters: ['indent'], run: scriptJson },
  json: { parameters: ['indent'], run: plainJson },
  fromjson: { parameters: [], run: parseJson },
  sha256: {
    parameters: [],
    run(value, _args, evaluation) {
      const text = toText(value, evaluation);
      evaluation.chargeText(text.length * 4);
      return sha256Hex(text);
    },
  },
};
