/**
 * The commands as data, for their reference page: the same definitions that read arguments. Runs nothing.
 */
import type { Command } from 'commander';
import { systemClock } from '../core/index.ts';
import { createProgram } from './program.ts';

/** An argument or option of a command. */
export interface ParameterFacts {
  /** As it is typed: `-i, --input <json>`, `[path...]`. */
  readonly form: string;
  readonly about: string;
}

/** One command. */
export interface CommandFacts {
  readonly name: string;
  readonly about: string;
  readonly parameters: readonly ParameterFacts[];
}

/** All commands in the order of the help. */
export function describeCommands(): readonly CommandFacts[] {
  const silent = { isTerminal: false, write: () => {} };
  const { signal } = new AbortController();
  const io = {
    ...{ stdout: silent, stderr: silent, clock: systemClock, cwd: '.', signal, outputLost: signal },
    readStdin: () => Promise.resolve(new Uint8Array()),
  };
  const loadApp = (): Promise<never> => Promise.reject(new Error('Only the definitions are looked at.'));
  const program = createProgram({ io, loadApp, version: '', done: () => {} });
  return program.commands.map(toFacts);
}

function toFacts(command: Command): CommandFacts {
  return {
    name: command.name(),
    about: command.description(),
    parameters: [
      ...command.registeredArguments.map((argument) => ({
        form: formOf(argument.name(), argument),
        about: argument.description,
      })),
      ...command.options.map(({ flags, description, argChoices, defaultValue }) => ({
        form: flags,
        about: [
          description,
          ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
          ...(typeof defaultValue === 'string' ? [`default ${defaultValue}`] : []),
        ].join('; '),
      })),
    ],
  };
}

function formOf(
  name: string,
  { variadic, required }: { readonly variadic: boolean; readonly required: boolean },
): string {
  const shown = `${name}${variadic ? '...' : ''}`;
  return required ? `<${shown}>` : `[${shown}]`;
}
