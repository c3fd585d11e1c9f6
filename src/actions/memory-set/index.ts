/**
 * `memory.set`: remembers a value until this process ends.
 */
import { getOwn, type JsonObject } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { readText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { DEFAULT_NAMESPACE, KEY, NAMESPACE } from '../kv-names.ts';
import type { MemoryValues } from '../memory-values.ts';

const WITH_SCHEMA = objectSchema(
  { namespace: NAMESPACE, key: KEY, value: { description: 'Any value; all values together have at most 8 MiB.' } },
  ['key', 'value'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { kept: { type: 'boolean', description: 'Always true.' } },
};

/** `memory.set`. */
export function createMemorySetAction(deps: { readonly memory: MemoryValues }): Action {
  return {
    name: 'memory.set',
    effect: 'idempotent',
    about: 'Remembers a value under a key until the process ends.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      const namespace = readText(input, 'namespace') ?? DEFAULT_NAMESPACE;
      deps.memory.set(namespace, readText(input, 'key') ?? '', getOwn(input, 'value') ?? null);
      return { value: { kept: true } };
    },
  };
}
