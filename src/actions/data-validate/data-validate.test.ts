import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction, compileSchema } from '../../../test/support/action-call.ts';
import type { JsonObject, JsonValue } from '../../core/index.ts';
import { createDataValidateAction } from './index.ts';

let compiledCount = 0;
const action = createDataValidateAction({
  compileSchema: (schema) => {
    compiledCount += 1;
    return compileSchema(schema);
  },
});
const validate = async (value: JsonValue, schema: JsonObject) => (await callAction(action, { value, schema })).value;

const PERSON = { type: 'object', required: ['name'], properties: { age: { type: 'integer', minimum: 0 } } };

describe('data.validate', () => {
  it('says that a value fits', async () => {
    assert.deepEqual(await validate({ name: 'Ann', age: 0 }, PERSON), { valid: true, problems: [] });
    assert.deepEqual(await validate(null, {}), { valid: true, problems: [] });
  });

  it('gives every problem with its place, as a result', async () => {
    const { valid, problems } = (await validate({ age: -1 }, PERSON)) as { valid: boolean; problems: string[] };
    assert.equal(valid, false);
    assert.equal(problems.length, 2);
    assert.match(problems.join(' '), /needs `name`.*`age` must be >= 0/s);
  });

  it('compiles a schema once, and forgets the one that was not used for longest', async () => {
    compiledCount = 0;
    const schemas = Array.from({ length: 33 }, (_, n) => ({ const: n }));
    for (const schema of schemas.slice(0, 32)) await validate(1, schema);
    await validate(1, { ...schemas[0] });
    assert.equal(compiledCount, 32);

    await validate(1, schemas[32] ?? {});
    await validate(1, schemas[0] ?? {});
    assert.equal(compiledCount, 33);
    await validate(1, schemas[1] ?? {});
    assert.equal(compiledCount, 34);
  });

  for (const schema of [
    { type: 'nothing' },
    { $ref: 'https://example.org/x.json' },
    { pattern: '(a+)+$' },
    { uniqueItems: true },
  ]) {
    it(`refuses the schema ${JSON.stringify(schema)}`, async () => {
      await assert.rejects(validate('x', schema), { code: 'FLOW_ACTION' });
    });
  }
});
