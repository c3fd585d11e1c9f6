/**
 * Lua text as users of the library hand it over, and the flow that lanes know it as.
 *
 * A script of several sources is a flow of Lua nodes in a row: they share one machine. Beside
 * them stands one node that does nothing, by which the whole is compiled before it is run.
 */
import { ConfigError, MIB, type OptionProblem, sha256Hex } from '../../core/index.ts';
import type { Flow, FlowNode } from '../../flow/index.ts';

/** Lua text, or Lua text with the name and line by which errors call it. */
export type LuaSource =
  | string
  | {
      /** Unique in its script, from 1 to 200 characters. Default `script`, or `script 1`, `script 2` … when there are several. */
      readonly name?: string;
      readonly code: string;
      /** The line of its file that `code` begins with, from 1 to 1,000,000. Default 1. */
      readonly line?: number;
    };

/** The node that only asks whether everything compiles; no source has its name. */
export const CHECK_NODE = '';

const MAX_SOURCES = 256;
const MAX_CODE_LENGTH = MIB;
const MAX_NAME_LENGTH = 200;
const MAX_LINE = 1_000_000;

interface Source {
  readonly name: string;
  readonly code: string;
  readonly line: number;
}

/** @throws CONFIG_INVALID naming everything that is no source */
export function readSources(given: LuaSource | readonly LuaSource[]): readonly Source[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const sources = list.map((one, at): Source => {
    const name = list.length === 1 ? 'script' : `script ${at + 1}`;
    // What a caller in JavaScript hands over is looked at below, whatever its type says.
    return typeof one === 'object'
      ? { name, line: 1, ...(one as { code: string }) }
      : { name, line: 1, code: one as string };
  });
  const problems = [...listProblems(sources), ...sources.flatMap(sourceProblems)];
  if (problems.length > 0) throw new ConfigError(problems);
  return sources;
}

function listProblems(sources: readonly Source[]): OptionProblem[] {
  const path = 'sources';
  if (sources.length < 1 || sources.length > MAX_SOURCES)
    return [{ path, message: `must be 1 to ${MAX_SOURCES}, got ${sources.length}` }];
  const length = sources.reduce((sum, { code }) => sum + (typeof code === 'string' ? code.length : 0), 0);
  if (length > MAX_CODE_LENGTH)
    return [{ path, message: `must have at most ${MAX_CODE_LENGTH} characters together, got ${length}` }];
  const names = sources.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? [] : [{ path, message: `two are named ${JSON.stringify(twice)}` }];
}

function sourceProblems({ name, code, line }: Source, at: number): OptionProblem[] {
  const path = `sources[${at}]`;
  const isName = typeof name === 'string' && name.length >= 1 && name.length <= MAX_NAME_LENGTH;
  const isLine = Number.isInteger(line) && line >= 1 && line <= MAX_LINE;
  return [
    ...(isName ? [] : [{ path: `${path}.name`, message: `must be text of 1 to ${MAX_NAME_LENGTH} characters` }]),
    ...(isLine ? [] : [{ path: `${path}.line`, message: `must be a whole number from 1 to ${MAX_LINE}` }]),
    ...(typeof code === 'string' && code.isWellFormed()
      ? []
      : [{ path: `${path}.code`, message: 'must be text without lone surrogates' }]),
  ];
}

/** The flow of `sources`, one Lua node after the other; the same sources give the same hash. */
export function toFlow(sources: readonly Source[]): Flow {
  const name = sources[0]?.name ?? CHECK_NODE;
  const node = ({ code, line, ...source }: Source, chunk: number): FlowNode => {
    const next = sources[chunk + 1];
    return {
      name: source.name,
      place: { line, column: 1 },
      work: { kind: 'lua', code, line, chunk },
      next: next === undefined ? { kind: 'end' } : { kind: 'next', to: next.name },
      onError: { mode: 'raise' },
    };
  };
  const check = { ...node({ name: CHECK_NODE, code: '', line: 1 }, sources.length) };
  return {
    name,
    file: name,
    directory: '.',
    hash: sha256Hex(JSON.stringify(sources.map(({ name: its, code, line }) => [its, code, line]))),
    variables: {},
    initialState: {},
    settings: { lua: { scope: 'branch' }, maxSteps: sources.length },
    // Not a rule: those take some names for places, and sources may have any name.
    entry: { kind: 'next', to: name },
    nodes: [...sources.map(node), check],
  };
}
