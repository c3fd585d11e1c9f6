/**
 * `kv.set`: keeps a value; when the action is done, a kill or a power cut does not lose it.
 */
import { getOwn, type JsonObject } from '../../core/index.ts';
import type { Action, KvStore } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { DEFAULT_NAMESPACE, KEY, NAMESPACE } from '../kv-names.ts';

const WITH_SCHEMA = objectSchema(
  { namespace: NAMESPACE, key: KEY, value: { description: 'Any value of at most kv.value_bytes as JSON (256 KiB).' } },
  ['key', 'value'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { kept: { type: 'boolean', description: 'Always true.' } },
};

/** `kv.set`. */
export function createKvSetAction(deps: { readonly kv: KvStore }): Action {
  return {
    name: 'kv.set',
    effect: 'idempotent',
    about: 'Keeps a value durably under a key.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      call.signal.throwIfAborted();
      const namespace = readText(input, 'namespace') ?? DEFAULT_NAMESPACE;
      await deps.kv.set(namespace, readText(input, 'key') ?? '', getOwn(input, 'value') ?? null);
      return { value: { kept: true } };
    },
  };
}
