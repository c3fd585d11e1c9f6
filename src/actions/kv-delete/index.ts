/**
 * `kv.delete`: forgets a durable value.
 */
import type { JsonObject } from '../../core/index.ts';
import type { Action, KvStore } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { DEFAULT_NAMESPACE, KEY, NAMESPACE } from '../kv-names.ts';

const WITH_SCHEMA = objectSchema({ namespace: NAMESPACE, key: KEY }, ['key']);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { deleted: { type: 'boolean', description: 'False when nothing was kept under the key.' } },
};

/** `kv.delete`. */
export function createKvDeleteAction(deps: { readonly kv: KvStore }): Action {
  return {
    name: 'kv.delete',
    effect: 'idempotent',
    about: 'Forgets a durable value by its key.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      call.signal.throwIfAborted();
      const namespace = readText(input, 'namespace') ?? DEFAULT_NAMESPACE;
      return { value: { deleted: await deps.kv.delete(namespace, readText(input, 'key') ?? '') } };
    },
  };
}
