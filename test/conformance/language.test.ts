import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { JsonValue } from '../../src/core/index.ts';
import type { FakeHost } from '../support/fake-host.ts';
import { limitMs } from '../support/slowness.ts';
import { type ExpectedAnswer, type NamedCase, readCases } from './case-file.ts';
import { CaseFolder, SECRET } from './case-folder.ts';
import { startCaseHost } from './case-host.ts';
import { CommandDoor } from './doors/command-door.ts';
import type { Door } from './doors/door.ts';
import { LibraryDoor } from './doors/library-door.ts';
import { ServerDoor } from './doors/server-door.ts';
import { TerminalDoor } from './doors/terminal-door.ts';
import { assertExpected, assertProblems, assertSame, isPart } from './expectation.ts';
import { readSentences } from './sentence-table.ts';

const FOLDER = new URL('language/', import.meta.url);
const CASE_FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const read = CASE_FILES.map((name) =>
  readCases(readFileSync(new URL(name, FOLDER), 'utf8'), name.replace('.yaml', '')),
);
const cases = read.flatMap((file) => file.cases);
const faults = read.flatMap((file) => file.problems);
const sentences = readSentences(readFileSync(new URL('sentences.yaml', import.meta.url), 'utf8'));

/** For what never ends. */
const LIMIT = { timeout: limitMs(60_000) };

/** Everything a case needs. */
class Suite {
  readonly host: FakeHost;
  readonly folder: CaseFolder;
  readonly command: CommandDoor;
  readonly library: LibraryDoor;
  readonly server: ServerDoor;

  private constructor(parts: Pick<Suite, 'host' | 'folder' | 'command' | 'library' | 'server'>) {
    ({
      host: this.host,
      folder: this.folder,
      command: this.command,
      library: this.library,
      server: this.server,
    } = parts);
  }

  static async open(): Promise<Suite> {
    const host = await startCaseHost();
    const folder = await CaseFolder.write(cases, host.url);
    // Commands and servers read the environment of their process.
    Object.assign(process.env, folder.environment);
    const good = await folder.loadable(cases.filter((one) => one.problems === undefined));
    const plain = good.filter((one) => one.overlays === undefined);
    return new Suite({
      host,
      folder,
      command: await CommandDoor.open(folder, plain),
      library: await LibraryDoor.open(folder, good),
      server: await ServerDoor.open(folder, plain),
    });
  }

  get doors(): readonly Door[] {
    return [this.library, this.command, new TerminalDoor(this.command), this.server];
  }

  async close(): Promise<void> {
    await Promise.all(this.doors.map((door) => door[Symbol.asyncDispose]()));
    await this.host.close();
    await this.folder[Symbol.asyncDispose]();
  }
}

async function holdCase(suite: Suite, one: NamedCase): Promise<void> {
  if (one.problems === undefined) assert.deepEqual(await suite.library.problems(one), [], 'the flow has errors');
  if (one.answers !== undefined) return holdAnswers(suite.server, one.answers);
  if (one.schema_has !== undefined) return holdSchema(suite.command, one.schema_has);
  const doors = suite.doors.filter((door) => door.takes(one));
  if (one.problems !== undefined) {
    for (const door of doors) assertProblems(one.problems, await door.problems(one));
    return;
  }
  const told = [];
  for (const door of doors) told.push({ door, told: await door.run(one) });
  const [first] = told;
  if (first !== undefined) assertExpected(one, first.told);
  assertSame(told, one.quiet);
  assert.ok(!JSON.stringify(told.map((entry) => entry.told)).includes(SECRET), 'a secret was told');
}

async function holdAnswers(server: ServerDoor, answers: readonly ExpectedAnswer[]): Promise<void> {
  for (const expected of answers) {
    const { status, text, headers } = await server.request(expected);
    assert.equal(status, expected.status, text);
    if (expected.json !== undefined) assert.deepEqual(JSON.parse(text), expected.json);
    if (expected.json_has !== undefined) assert.ok(isPart(expected.json_has, JSON.parse(text)), text);
    if (expected.text !== undefined) assert.equal(text, expected.text);
    for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(headers.get(name), value, name);
  }
}

async function holdSchema(command: CommandDoor, pointers: readonly string[]): Promise<void> {
  const schema = JSON.parse((await command.command(['schema'])).stdout) as JsonValue;
  for (const pointer of pointers) {
    let at: unknown = schema;
    for (const key of pointer.split('/').slice(1)) at = (at as Record<string, unknown> | undefined)?.[key];
    assert.notEqual(at, undefined, `${pointer} is not in the schema`);
  }
}

describe('the language', () => {
  let suite: Suite;
  before(async () => {
    suite = await Suite.open();
  });
  after(() => suite?.close());

  for (const name of CASE_FILES) {
    const section = name.replace('.yaml', '');
    describe(section, () => {
      for (const one of cases.filter((candidate) => candidate.section === section)) {
        if (one.open === undefined) {
          it(`${one.id}: ${one.sentence}`, LIMIT, () => holdCase(suite, one));
        } else {
          it(`${one.id}: ${one.sentence} (open: ${one.open})`, LIMIT, async () => {
            await assert.rejects(() => holdCase(suite, one), 'The case holds: take its `open` away.');
          });
        }
      }
    });
  }
});

describe('the cases of the language', () => {
  it('have the form of cases', () => {
    assert.deepEqual(faults, []);
  });

  it('name sentences that there are', () => {
    const known = new Set(sentences.map(({ id }) => id));
    const unknown = cases.flatMap(({ id, covers }) =>
      covers.filter((name) => !known.has(name)).map((name) => `${id}: ${name}`),
    );

    assert.deepEqual(unknown, []);
  });

  it('show every sentence but those of later issues, which have none', () => {
    const covered = new Set(cases.flatMap(({ covers }) => covers));

    assert.deepEqual(
      sentences.filter(({ id, later }) => later === undefined && !covered.has(id)).map(({ id }) => id),
      [],
    );
    assert.deepEqual(
      sentences.filter(({ id, later }) => later !== undefined && covered.has(id)).map(({ id }) => id),
      [],
    );
  });

  for (const [what, entry, fault] of [
    ['an unknown key', '{ covers: [a.b], sentence: five words, flow: x, state: {}, sate: {} }', /sate/],
    ['nothing expected', '{ covers: [a.b], sentence: five words, flow: x }', /expects nothing/],
    ['two ends', '{ covers: [a.b], sentence: five words, flow: x, state: {}, error: { code: X } }', /state and error/],
    ['a path without a run', '{ covers: [a.b], sentence: five words, flow: x, problems: [], path: [a] }', /only a run/],
    ['a missing overlay', '{ covers: [a.b], sentence: five words, flow: x, state: {}, overlays: [o] }', /no file o/],
  ] as const) {
    it(`are refused with ${what}`, () => {
      const { cases: taken, problems } = readCases(`[${entry}]`, 'form');

      assert.deepEqual(taken, []);
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', fault);
      assert.match(problems[0] ?? '', /form-1/);
    });
  }
});
