/**
 * `kv.get`: a value that `kv.set` kept, by this or an earlier process.
 */
import { getOwn, type JsonObject } from '../../core/index.ts';
import type { Action, KvStore } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { DEFAULT_NAMESPACE, KEY, NAMESPACE } from '../kv-names.ts';

const WITH_SCHEMA = objectSchema(
  { namespace: NAMESPACE, key: KEY, default: { description: 'The value when nothing was kept. Default null.' } },
  ['key'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    value: { description: 'What was kept, or `default`.' },
    found: { type: 'boolean', description: 'Whether anything was kept.' },
  },
};

/** `kv.get`. */
export function createKvGetAction(deps: { readonly kv: KvStore }): Action {
  return {
    name: 'kv.get',
    effect: 'safe',
    about: 'Gives a durable value by its key.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
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
