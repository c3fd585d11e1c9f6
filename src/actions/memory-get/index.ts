/**
 * `memory.get`: a value that `memory.set` kept in this process.
 */
import { getOwn } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { DEFAULT_NAMESPACE, GET_RESULT_SCHEMA, GET_SCHEMA } from '../kv-names.ts';
import type { MemoryValues } from '../memory-values.ts';

/** `memory.get`. */
export function createMemoryGetAction(deps: { readonly memory: MemoryValues }): Action {
  return {
    name: 'memory.get',
    effect: 'safe',
    about: 'Gives a value that this process remembers by its key.',
    withSchema: GET_SCHEMA,
    resultSchema: GET_RESULT_SCHEMA,
    async run(input) {
      const namespace = readText(input, 'namespace') ?? DEFAULT_NAMESPACE;
      const value = deps.memory.get(namespace, readText(input, 'key') ?? '');
      const given = value === undefined ? (getOwn(input, 'default') ?? null) : value;
      return { value: { value: given, found: value !== undefined } };
    },
  };
}
