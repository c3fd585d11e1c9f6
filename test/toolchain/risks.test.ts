/** The check of `docs/risks.yaml` sees what is planted against it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plantTree } from './planted-tree.ts';

const GOOD = `
registers:
  A: { about: planted, closed: true, ids: [A-ONE] }
  B: { about: still open, closed: false, ids: [B-ONE] }
risks:
  A-ONE:
    risk: Something may go wrong.
    metrics:
      - moonpool_planted_total
      - { script: check, measures: something }
    alert: { name: planted, condition: it rises, fires_from: later }
    tests:
      - { file: src/spec/planted.test.ts, name: holds }
      - { file: src/spec/planted.test.ts, name: keeps an open door in 5000 rounds }
      - { file: src/spec/planted.test.ts, name: "it's in a table" }
holes:
  A-HOLE:
    hole: There was a hole.
    tests: [{ file: src/spec/planted.test.ts, name: "says \\"no\\"" }]
`;
const TEST = `/** Planted. */
import { describe, it } from 'node:test';
const COUNT = 5_000;
const rows = [["it's in a table", 1]] as const;
describe('planted', () => {
  it('holds', () => {});
  it('says "no"', () => {});
  for (const what of ['an open door']) it(\`keeps \${what} in \${COUNT} rounds\`, () => {});
  for (const [name] of rows) it(name, () => {});
});
`;
const SOURCE = `/** Planted. */
metrics.counter('moonpool_planted_total', 'Planted.');
`;

/** A tree whose risks are GOOD with the first text replaced by the second. */
function plantRisks(from = '', to = '', test = TEST): ReturnType<typeof plantTree> {
  assert.ok(GOOD.includes(from));
  return plantTree({
    'docs/risks.yaml': GOOD.replace(from, to),
    'src/spec/planted.test.ts': test,
    'src/spec/planted.ts': SOURCE,
    'src/spec/other.test.ts': "metrics.counter('moonpool_only_in_tests_total', 'Planted.');\n",
  });
}

const PLANTED: readonly { what: string; from: string; to: string; says: RegExp }[] = [
  {
    what: 'an id of a closed register has no entry',
    from: '[A-ONE]',
    to: '[A-ONE, A-TWO]',
    says: /A-TWO has no entry/,
  },
  { what: 'an entry is in no register', from: '[A-ONE]', to: '[A-TWO]', says: /A-ONE is in no register/ },
  { what: 'no register is closed', from: 'closed: true', to: 'closed: false', says: /no register is closed/ },
  { what: 'a risk is not told', from: 'risk: Something may go wrong.', to: "risk: ''", says: /what the risk is/ },
  {
    what: 'a risk has no metric',
    from: 'metrics:\n      - moonpool_planted_total\n      - { script: check, measures: something }',
    to: 'metrics: []',
    says: /A-ONE has no metric/,
  },
  {
    what: 'nothing registers a metric',
    from: 'moonpool_planted_total',
    to: 'moonpool_gone_total',
    says: /A-ONE names the metric moonpool_gone_total/,
  },
  {
    what: 'only a test registers a metric',
    from: 'moonpool_planted_total',
    to: 'moonpool_only_in_tests_total',
    says: /A-ONE names the metric moonpool_only_in_tests_total/,
  },
  {
    what: 'a script does not exist',
    from: 'script: check,',
    to: 'script: gone,',
    says: /neither a name nor an npm script/,
  },
  { what: 'a risk has no alert', from: 'alert: {', to: 'alarm: {', says: /A-ONE has no alert/ },
  { what: 'an alert has no condition', from: 'condition: it rises, ', to: '', says: /without a condition/ },
  { what: 'an alert never fires', from: ', fires_from: later', to: '', says: /from when its alert planted fires/ },
  { what: 'a risk has no test', from: 'tests:\n      - {', to: 'checks:\n      - {', says: /A-ONE has no test/ },
  {
    what: 'a test file does not exist',
    from: '{ file: src/spec/planted.test.ts, name: holds }',
    to: '{ file: src/spec/gone.test.ts, name: holds }',
    says: /src\/spec\/gone\.test\.ts, which is no test file/,
  },
  {
    what: 'a file is no test',
    from: '{ file: src/spec/planted.test.ts, name: holds }',
    to: '{ file: src/spec/planted.ts, name: holds }',
    says: /src\/spec\/planted\.ts, which is no test file/,
  },
  { what: 'a test does not exist', from: 'name: holds }', to: 'name: hold }', says: /does not have: hold$/m },
  {
    what: 'a template cannot give a title',
    from: 'keeps an open door in 5000',
    to: 'keeps a closed door in 5000',
    says: /does not have: keeps a closed door/,
  },
  {
    what: 'a table has no such row',
    from: "it's in a table",
    to: "it's in no table",
    says: /does not have: it's in no/,
  },
  { what: 'a hole is not told', from: 'hole: There was a hole.', to: "hole: ''", says: /what the hole was/ },
  { what: 'a hole has no test', from: 'tests: [{', to: 'checks: [{', says: /A-HOLE has no test/ },
];

describe('risk check', () => {
  it('passes a page that says the truth', async () => {
    using tree = plantRisks();

    const result = await tree.script('check-risks.ts');

    assert.equal(result.stderr, '');
    assert.equal(result.stdout, 'risks: 1 risks, 1 holes, 0 problems\n');
    assert.equal(result.code, 0);
  });

  for (const { what, from, to, says } of PLANTED) {
    it(`fails when ${what}`, async () => {
      using tree = plantRisks(from, to);

      const result = await tree.script('check-risks.ts');

      assert.match(result.stderr, says);
      assert.equal(result.code, 1);
    });
  }
});
