/**
 * `memory.delete`: forgets what `memory.set` kept.
 */
import type { JsonObject } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { DEFAULT_NAMESPACE, KEY, NAMESPACE } from '../kv-names.ts';
import type { MemoryValues } from '../memory-values.ts';

const WITH_SCHEMA = objectSchema({ namespace: NAMESPACE, key: KEY }, ['key']);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { deleted: { type: 'boolean', description: 'False when nothing was kept under the key.' } },
};

/** `memory.delete`. */
export function createMemoryDeleteAction(deps: { readonly memory: MemoryValues }): Action {
  return {
    name: 'memory.delete',
    effect: 'idempotent',
    about: 'Forgets a value that this process remembers.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      const namespace = readText(input, 'namespace') ?? DEFAULT_NAMESPACE;
      return { value: { deleted: deps.memory.delete(namespace, readText(input, 'key') ?? '') } };
    },
  };
}
