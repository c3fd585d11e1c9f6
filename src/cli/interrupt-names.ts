/**
 * `--interrupt-before a,b` and `--interrupt-after a,b`: nodes at which a run waits.
 */
import { nearestWord } from '../core/index.ts';
import type { Flow, Interrupts } from '../flow/index.ts';
import { usageError } from './error-line.ts';

/** Names of nodes, as the options give them. */
export interface InterruptOptions {
  readonly interruptBefore?: readonly string[];
  readonly interruptAfter?: readonly string[];
}

/** The names in one option's text, after those before. */
export function appendNames(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').map((name) => name.trim())].filter((name) => name !== '');
}

/**
 * The nodes at which a run of `flow` waits; undefined when no option named any.
 *
 * @throws CLI_USAGE for a name that is none of the flow's nodes
 */
export function toInterrupts(flow: Flow, options: InterruptOptions): Interrupts | undefined {
  const { interruptBefore, interruptAfter } = options;
  if (interruptBefore === undefined && interruptAfter === undefined) return undefined;
  return {
    before: known(flow, '--interrupt-before', interruptBefore),
    after: known(flow, '--interrupt-after', interruptAfter),
  };
}

function known(flow: Flow, option: string, asked: readonly string[] = []): readonly string[] {
  const names = flow.nodes.map(({ name }) => name);
  for (const name of asked) {
    if (names.includes(name)) continue;
    const near = nearestWord(name, names);
    const hint = near === undefined ? `The nodes are ${names.slice(0, 10).join(', ')}.` : `Did you mean ${near}?`;
    throw usageError(`${option} names ${JSON.stringify(name)}, which is no node of the flow ${flow.name}. ${hint}`);
  }
  return asked;
}
