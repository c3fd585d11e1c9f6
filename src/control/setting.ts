/**
 * One layer of configuration: what one source sets, and nothing else.
 *
 * Layers are never merged into each other; `checkConfig` looks a path up from the strongest
 * to the weakest, so it can always say who set a value.
 */
import type { JsonValue, OptionProblem } from '../core/index.ts';

/** Who set a value. */
export type ConfigSource =
  | { readonly kind: 'default' }
  | { readonly kind: 'profile'; readonly name: string }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  /** `name` is the variable's. */
  | { readonly kind: 'environment'; readonly name: string }
  /** `name` is the option's as it is written: `--port`. */
  | { readonly kind: 'command'; readonly name: string }
  /** `name` is who asked. */
  | { readonly kind: 'api'; readonly name: string };

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One value that a source sets. */
export interface Setting {
  readonly path: readonly string[];
  readonly value: JsonValue;
  readonly source: ConfigSource;
  /** Where each key of `path` stands, for problems with a key rather than with the value. */
  readonly keys?: readonly Position[];
}

/** What one source sets, and what could not be read of it. */
export interface ConfigLayer {
  readonly settings: readonly Setting[];
  readonly problems: readonly OptionProblem[];
}

/** Who set a value, in words that end a message: `MOONPOOL_SERVER__PORT`, `profile phase-2a`. */
export function describeSource(source: ConfigSource): string {
  switch (source.kind) {
    case 'default':
      return 'default';
    case 'profile':
      return `profile ${source.name}`;
    case 'file':
      return `${source.file}:${source.line}:${source.column}`;
    case 'environment':
    case 'command':
      return source.name;
    case 'api':
      return `set by ${source.name}`;
  }
}
