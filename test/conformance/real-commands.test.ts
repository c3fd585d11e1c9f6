import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { runMoonpool } from '../support/index.ts';
import { type NamedCase, readCases } from './case-file.ts';
import { CaseFolder } from './case-folder.ts';

const FOLDER = new URL('language/', import.meta.url);
const EXIT_WAITING = 75;

const cases = readdirSync(FOLDER).flatMap((name) =>
  readCases(readFileSync(new URL(name, FOLDER), 'utf8'), name.replace('.yaml', '')).cases.filter(
    ({ open, flow }) => open === undefined && !flow.includes('$HOST'),
  ),
);

/** The first case of a section of which `isIt` holds. */
function firstOf(section: string, isIt: (one: NamedCase) => boolean): NamedCase {
  const found = cases.find((one) => one.section === section && isIt(one));
  if (found === undefined) throw new Error(`${section} has no such case`);
  return found;
}

const endsWell = (one: NamedCase): boolean => one.state !== undefined && one.give === undefined;
const good = ['state', 'routing', 'parallel-static', 'loops', 'overlays'].map((section) => firstOf(section, endsWell));
const failing = firstOf('nodes', ({ error }) => error?.node !== undefined);
const waiting = firstOf('waiting', ({ give, overlays }) => give !== undefined && overlays === undefined);
const broken = firstOf('form', ({ problems, strict }) => problems !== undefined && strict !== true);

describe('the command in a process of its own', () => {
  let folder: CaseFolder;
  before(async () => {
    folder = await CaseFolder.write([...good, failing, waiting, broken], '');
  });
  after(() => folder[Symbol.asyncDispose]());

  const run = (one: NamedCase) =>
    runMoonpool([
      ...['run', '-q', folder.fileOf(one), '-i', JSON.stringify(one.input ?? {})],
      ...folder.overlaysOf(one).flatMap((file) => ['-f', file]),
    ]);

  for (const one of good) {
    it(`prints the state of ${one.id}: ${one.sentence}`, async () => {
      const { code, stdout, stderr } = await run(one);

      assert.deepEqual([code, stderr], [0, '']);
      assert.deepEqual(JSON.parse(stdout), one.state);
    });
  }

  it(`ends with the error of ${failing.id}: ${failing.sentence}`, async () => {
    const { code, stdout, stderr } = await run(failing);

    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, new RegExp(`^.*:\\d+:\\d+: error ${failing.error?.code}: .*\\n$`));
  });

  it(`says that ${waiting.id} waits: ${waiting.sentence}`, async () => {
    const { code, stdout, stderr } = await run(waiting);

    assert.deepEqual([code, stdout], [EXIT_WAITING, '']);
    assert.notEqual(stderr, '');
  });

  it(`refuses ${broken.id}: ${broken.sentence}`, async () => {
    const { code, stdout, stderr } = await run(broken);

    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, new RegExp(`: error ${broken.problems?.[0]?.code}: `));
  });
});
