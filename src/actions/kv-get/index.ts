/**
 * `kv.get`: a value that `kv.set` kept, by this or an earlier process.
 */
import { getOwn } from '../../core/index.ts';
import type { Action, KvStore } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { DEFAULT_NAMESPACE, GET_RESULT_SCHEMA, GET_SCHEMA } from '../kv-names.ts';

/** `kv.get`. */
export function createKvGetAction(deps: { readonly kv: KvStore }): Action {
  return {
    name: 'kv.get',
    effect: 'safe',
    about: 'Gives a durable value by its key.',
    withSchema: GET_SCHEMA,
    resultSchema: GET_RESULT_SCHEMA,
    async run(input, call) {
      call.signal.throwIfAborted();
      const namespace = readText(input, 'namespace') ?? DEFAULT_NAMESPACE;
      const value = await deps.kv.get(namespace, readText(input, 'key') ?? '');
      return {
        value: { value: value === undefined ? (getOwn(input, 'default') ?? null) : value, found: value !== undefined },
      };
    },
  };
}
