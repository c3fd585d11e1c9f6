import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { readFlowText } from './flow-text.ts';
import { toJson } from './yaml-tree.ts';

/** JSON is YAML. */
function laid(base: JsonValue, ...overlays: readonly JsonValue[]): JsonValue | undefined {
  const file = (value: JsonValue, index: number) => ({ file: `f${index}`, text: JSON.stringify(value) });
  const { root, problems } = readFlowText(file(base, 0), overlays.map(file));
  return root === undefined || problems.hasErrors ? undefined : toJson(root);
}

const word = fc.constantFrom('a', 'b', 'c', '__proto__', 'nodes', 'goto', 'name');
const data = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<JsonValue[]>(1, 'x', null, true),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(word, tie('value'), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<JsonObject>,
}));
const name = fc.constantFrom('n1', 'n2', 'n3', 'n4');
const rule = fc.record({ to: name, if: fc.constantFrom('x', 'y') }, { requiredKeys: ['to'] });
const node = fc.record(
  {
    name,
    goto: fc.oneof(name, fc.uniqueArray(rule, { maxLength: 3, selector: ({ to }) => to })),
    metadata: data.object,
  },
  { requiredKeys: ['name'] },
);
const edge = fc.record({ from: name, to: name, when: fc.constantFrom('x', 'y') }, { requiredKeys: ['from', 'to'] });
const flow = fc.record(
  {
    variables: data.object,
    nodes: fc.uniqueArray(node, { maxLength: 4, selector: (one) => one.name }),
    edges: fc.uniqueArray(edge, { maxLength: 4, selector: ({ from, to }) => `${from} ${to}` }),
    name: fc.constantFrom('p', 'q'),
  },
  { requiredKeys: [] },
) as unknown as fc.Arbitrary<JsonObject>;

/** Objects as overlays merge them, written down once more in the plainest way. */
function mergeData(base: JsonValue | undefined, over: JsonValue): JsonValue {
  if (!isJsonObject(base) || !isJsonObject(over)) return over;
  const keys = [...Object.keys(base), ...Object.keys(over).filter((key) => !Object.hasOwn(base, key))];
  return Object.fromEntries(
    keys.map((key) => {
      const value = over[key];
      return [
        key,
        Object.hasOwn(over, key) && value !== undefined
          ? mergeData(Object.hasOwn(base, key) ? base[key] : undefined, value)
          : base[key],
      ];
    }),
  ) as JsonObject;
}

describe('any overlay', () => {
  it('that is empty changes nothing', () => {
    fc.assert(fc.property(flow, (base) => assert.deepEqual(laid(base, {}), laid(base))));
  });

  it('that is the flow itself changes nothing', () => {
    fc.assert(fc.property(flow, (base) => assert.deepEqual(laid(base, base), laid(base))));
  });

  it('put on twice changes nothing the second time', () => {
    fc.assert(fc.property(flow, flow, (base, over) => assert.deepEqual(laid(base, over, over), laid(base, over))));
  });

  it('of data merges as objects do', () => {
    fc.assert(
      fc.property(data.object, data.object, (base, over) => {
        assert.deepEqual(laid({ variables: base }, { variables: over }), { variables: mergeData(base, over) });
      }),
    );
  });

  it('with other keys than another may come before or after it', () => {
    const pair = fc.tuple(data.object, data.object);
    fc.assert(
      fc.property(flow, pair, (base, [left, right]) => {
        const [one, two] = [{ variables: left }, { initial_state: right }] as const;
        const sorted = (value: JsonValue | undefined): JsonValue | undefined =>
          isJsonObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

        assert.deepEqual(sorted(laid(base, one, two)), sorted(laid(base, two, one)));
      }),
    );
  });

  it('has its say over the nodes it names, and leaves the others as they are', () => {
    fc.assert(
      fc.property(flow, flow, (base, over) => {
        type Named = { readonly name: string; readonly metadata?: JsonValue };
        const nodes = (of: JsonObject): readonly Named[] => (of['nodes'] ?? []) as unknown as readonly Named[];
        const result = new Map(nodes(laid(base, over) as JsonObject).map((one) => [one.name, one]));
        const named = new Set(nodes(over).map((one) => one.name));

        for (const one of nodes(base)) {
          if (!named.has(one.name)) assert.deepEqual(result.get(one.name), JSON.parse(JSON.stringify(one)));
        }
        for (const { name: key, metadata } of nodes(over)) {
          const before = nodes(base).find((one) => one.name === key)?.metadata;
          const expected = metadata === undefined ? before : mergeData(before, metadata);
          assert.deepEqual(result.get(key)?.metadata, expected);
        }
        assert.equal(result.size, new Set([...nodes(base).map((one) => one.name), ...named]).size);
      }),
    );
  });
});
