import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, messagesOf, problemsOf } from '../../test/support/flow-text.ts';

const NODES = 'nodes: [{name: a}]\n';

describe('input_schema', () => {
  it('is JSON Schema as it stands', () => {
    const { inputSchema } = flowOf(`input_schema: {type: object, properties: {n: {type: integer}}}\n${NODES}`);

    assert.deepEqual(inputSchema, { type: 'object', properties: { n: { type: 'integer' } } });
  });

  it('is made from fields with types', () => {
    const { inputSchema } = flowOf(`input_schema:
  query: {type: str, required: true, min_length: 1, max_length: 9, pattern: "[a-z]", description: what}
  limit: {type: int, default: 10, min: 1, max: 50}
  mode: {type: str, choices: [fast, good]}
  share: {type: float, required: true, min: 0.5, max: 1}
  deep: {type: bool}
  tags: {type: list, items: {type: str, required: true}}
  more: {type: dict, properties: {t: {type: float, required: true}}}
  short: str
${NODES}`);

    assert.deepEqual(inputSchema, {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'what', minLength: 1, maxLength: 9, pattern: '^(?:[a-z])' },
        limit: { type: ['integer', 'null'], default: 10, minimum: 1, maximum: 50 },
        mode: { type: ['string', 'null'], enum: ['fast', 'good', null] },
        share: { type: 'number', minimum: 0.5, maximum: 1 },
        deep: { type: ['boolean', 'null'] },
        tags: { type: ['array', 'null'], items: { type: 'string' } },
        more: { type: ['object', 'null'], properties: { t: { type: 'number' } }, required: ['t'] },
        short: { type: ['string', 'null'] },
      },
      required: ['query', 'share'],
    });
  });

  const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
    ['an unknown type', '{a: {type: text}, b: {type: str}}', ['1:26 SPEC_INVALID']],
    ['an unknown key', '{a: {type: str, requird: true}}', ['1:31 SPEC_UNKNOWN_KEY']],
    ['a field without a type', '{a: {min: 1}, b: {type: str}}', ['1:19 SPEC_INVALID']],
    ['a length that is no count', '{a: {type: str, min_length: -1}}', ['1:43 SPEC_INVALID']],
    ['a pattern that could try without end', '{a: {type: str, pattern: "(a+)+"}}', ['1:1 SPEC_INVALID']],
    ['a field inside that does not fit', '{a: {type: dict, properties: {b: {type: x}}}}', ['1:55 SPEC_INVALID']],
    ['types of both notations', '{a: {type: str}, b: {type: string}}', ['1:42 SPEC_INVALID']],
  ];
  for (const [what, schema, expected] of ROWS) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(problemsOf(`input_schema: ${schema}\n${NODES}`), expected);
    });
  }

  it('with fields called as keywords are fields all the same', () => {
    const { inputSchema } = flowOf(`input_schema: {type: {type: str}, properties: {type: dict}}\n${NODES}`);

    assert.deepEqual(Object.keys(inputSchema?.['properties'] ?? {}), ['type', 'properties']);
  });
});

describe('state_schema', () => {
  it('names types by key', () => {
    const { stateSchema } = flowOf(
      `state_schema: {a: str, b: "List[int]", c: "Optional[str]", d: any, e: {type: int}, f: number}\n${NODES}`,
    );

    assert.deepEqual(stateSchema, {
      type: 'object',
      properties: {
        a: { type: ['string', 'null'] },
        b: { type: ['array', 'null'] },
        c: {},
        d: {},
        e: { type: ['integer', 'null'] },
        f: { type: ['number', 'null'] },
      },
    });
  });

  it('may be JSON Schema', () => {
    const text = `state_schema: {type: object, properties: {a: {type: string}}}\n${NODES}`;

    assert.deepEqual(flowOf(text).stateSchema, { type: 'object', properties: { a: { type: 'string' } } });
    assert.deepEqual(problemsOf(`state_schema: {properties: {a: {type: text}}}\n${NODES}`), ['1:1 SPEC_INVALID']);
  });

  it('warns of a type that nobody knows', () => {
    assert.deepEqual(problemsOf(`state_schema: {a: str, b: Document}\n${NODES}`), ['w 1:27 SPEC_INVALID']);
    assert.deepEqual(problemsOf(`state_schema: {a: [1]}\n${NODES}`), ['w 1:19 SPEC_INVALID']);
  });
});

describe('output_schema', () => {
  it('has constants, templates and fields', () => {
    const { outputSchema } = flowOf(`output_schema:
  ok: true
  answer: "{{ state.a }}"
  note: {value: "{{ state.b }}", include_if: "!quiet", default: none}
  more: {a: "{{ state.c }}", b: [1]}
${NODES}`);

    assert.deepEqual(outputSchema, [
      { name: 'ok', value: true },
      { name: 'answer', value: '{{ state.a }}' },
      { name: 'note', value: '{{ state.b }}', includeIf: 'not state["quiet"]', default: 'none' },
      { name: 'more', value: { a: '{{ state.c }}', b: [1] } },
    ]);
  });

  const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
    ['a list', '[a]', ['1:16 SPEC_INVALID']],
    ['a template that does not parse', '{a: "{{ 1 + }}"}', ['1:28 SPEC_TEMPLATE']],
    ['a value that does not parse', '{a: {value: "{{ 1 + }}"}}', ['1:36 SPEC_TEMPLATE']],
    ['a condition that does not parse', '{a: {value: 1, include_if: "1 +"}}', ['1:47 SPEC_TEMPLATE']],
    ['a field without a value', '{a: {default: 1}}', ['1:20 SPEC_INVALID']],
    ['a key beside the value', '{a: {value: 1, unit: C}}', ['1:31 SPEC_UNKNOWN_KEY']],
    ['a condition that is a list', '{a: {value: 1, include_if: []}}', ['1:43 SPEC_INVALID']],
  ];
  for (const [what, schema, expected] of ROWS) {
    it(`refuses ${what}`, () => {
      assert.deepEqual(problemsOf(`output_schema: ${schema}\n${NODES}`), expected);
    });
  }

  it('says how to write an object with a value of its own', () => {
    assert.deepEqual(messagesOf(`output_schema: {a: {value: 1, unit: C}}\n${NODES}`), [
      'The key `unit` is not known in `output_schema.a`. An object with a key `value` of its own goes below `value`.',
    ]);
  });
});
