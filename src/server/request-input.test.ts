import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JsonObject, MoonpoolError } from '../core/index.ts';
import type { Endpoint, Parameter } from '../flow/index.ts';
import { problemsOf, toInput } from './request-input.ts';

function aParameter(more: Partial<Parameter>): Parameter {
  return { name: 'p', type: 'string', required: false, mapTo: more.name ?? 'p', ...more };
}

function anEndpoint(query: readonly Parameter[], path: readonly Parameter[] = []): Endpoint {
  return { path: '/', method: 'GET', auth: 'none', queryParams: query, pathParams: path, priority: 'normal' };
}

function input(parameters: readonly Parameter[], query: string, body: JsonObject = {}): JsonObject {
  return toInput(anEndpoint(parameters), { pathValues: new Map(), query, body });
}

function problems(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof MoonpoolError);
    assert.equal(error.code, 'FLOW_INPUT');
    return error.details['errors'];
  }
  return assert.fail('nothing was refused');
}

describe('toInput', () => {
  const taken = [
    ['string', 'p=a%20b+c', 'a b c'],
    ['string', 'p=', ''],
    ['integer', 'p=-7', -7],
    ['integer', 'p=-0', 0],
    ['integer', 'p=9007199254740991', 9007199254740991],
    ['number', 'p=1.5e2', 150],
    ['number', 'p=.5', 0.5],
    ['boolean', 'p=true', true],
    ['boolean', 'p=0', false],
  ] as const;
  for (const [type, query, value] of taken) {
    it(`takes ${query} as ${type}`, () => {
      assert.deepEqual(input([aParameter({ type })], query), { p: value });
    });
  }

  const refused = [
    ['integer', 'p=1.0', 'must be a whole number, got "1.0"'],
    ['integer', 'p=', 'must be a whole number, got ""'],
    ['integer', 'p=0x10', 'must be a whole number, got "0x10"'],
    ['integer', 'p=9007199254740992', 'must be a whole number, got "9007199254740992"'],
    ['number', 'p=NaN', 'must be a number, got "NaN"'],
    ['number', 'p=1e999', 'must be a number, got "1e999"'],
    ['number', 'p=Infinity', 'must be a number, got "Infinity"'],
    ['boolean', 'p=yes', 'must be true or false, got "yes"'],
    ['string', 'p=a&p=b', 'must be given once, got it 2 times'],
  ] as const;
  for (const [type, query, message] of refused) {
    it(`refuses ${query} as ${type}`, () => {
      assert.deepEqual(
        problems(() => input([aParameter({ type })], query)),
        [{ in: 'query', name: 'p', message }],
      );
    });
  }

  it('holds numbers and lengths of texts to min and max', () => {
    const number = aParameter({ type: 'integer', min: 1, max: 3 });
    const text = aParameter({ min: 1, max: 3 });

    assert.deepEqual(input([number], 'p=1'), { p: 1 });
    assert.deepEqual(input([number], 'p=3'), { p: 3 });
    assert.deepEqual(input([text], 'p=abc'), { p: 'abc' });
    for (const [parameter, query] of [
      [number, 'p=0'],
      [number, 'p=4'],
      [text, 'p='],
      [text, 'p=abcd'],
    ] as const) {
      problems(() => input([parameter], query));
    }
  });

  it('fills in defaults and names every problem at once', () => {
    const parameters = [
      aParameter({ name: 'a', required: true }),
      aParameter({ name: 'b', type: 'integer' }),
      aParameter({ name: 'c', default: 5 }),
    ];

    assert.deepEqual(input(parameters, 'a=x'), { a: 'x', c: 5 });
    assert.deepEqual(
      problems(() => input(parameters, 'b=x')),
      [
        { in: 'query', name: 'a', message: 'is required' },
        { in: 'query', name: 'b', message: 'must be a whole number, got "x"' },
      ],
    );
  });

  it('drops query parameters that are not declared', () => {
    assert.deepEqual(input([], 'secret=1&__proto__=2'), {});
  });

  it('lets the body win over the query and the query over the path', () => {
    const endpoint = anEndpoint([aParameter({ name: 'b' }), aParameter({ name: 'c' })]);

    const result = toInput(endpoint, {
      pathValues: new Map([
        ['a', 'path'],
        ['b', 'path'],
        ['c', 'path'],
      ]),
      query: 'b=query&c=query',
      body: { c: 'body' },
    });

    assert.deepEqual(result, { a: 'path', b: 'query', c: 'body' });
  });

  it('takes a required parameter from the body', () => {
    assert.deepEqual(input([aParameter({ required: true })], '', { p: 1 }), { p: 1 });
  });

  it('gives a parameter the name the flow wants', () => {
    assert.deepEqual(input([aParameter({ mapTo: '__proto__' })], 'p=x'), JSON.parse('{"__proto__":"x"}'));
  });

  it('types declared path parameters', () => {
    const endpoint = anEndpoint([], [aParameter({ name: 'id', type: 'integer' })]);

    assert.deepEqual(toInput(endpoint, { pathValues: new Map([['id', '7']]), query: '', body: {} }), { id: 7 });
    assert.deepEqual(
      problems(() => toInput(endpoint, { pathValues: new Map([['id', 'x']]), query: '', body: {} })),
      [{ in: 'path', name: 'id', message: 'must be a whole number, got "x"' }],
    );
  });
});

describe('problemsOf', () => {
  it('gives the sentences a schema check listed, else the message', () => {
    assert.deepEqual(problemsOf({ problems: ['/a must be text'] }, 'x'), [
      { in: 'body', name: '', message: '/a must be text' },
    ]);
    assert.deepEqual(problemsOf(undefined, 'x'), [{ in: 'body', name: '', message: 'x' }]);
  });
});
