/**
 * Checks that `docs/risks.yaml` says the truth: every risk of a closed register has its metric,
 * its alert and its test, and each of these exists.
 *
 * A metric is one that `src/` registers, or a figure that an npm script prints; a test is a title
 * in a test file. Works on the current folder, so that its own test can plant violations.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const FILE = 'docs/risks.yaml';

type Entry = Readonly<Record<string, unknown>>;

const problems: string[] = [];

function toEntry(value: unknown): Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : {};
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** Names of the metrics that the product registers. */
function readMetricNames(): ReadonlySet<string> {
  const sources = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
  const calls = sources.flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/\b(?:counter|gauge|histogram)\(\s*'(moonpool_\w+)'/g),
  ]);
  return new Set(calls.map(([, name]) => name ?? ''));
}

function readScriptNames(): ReadonlySet<string> {
  const description = toEntry(JSON.parse(readFileSync('package.json', 'utf8')));
  return new Set(Object.keys(toEntry(description['scripts'])));
}

/** What a template's placeholders stand for in `title`, or undefined when it cannot give that title. */
function fillIn(template: string, title: string): readonly string[] | undefined {
  const literals = template.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[.*+?^$()|[\]{}\\]/g, '\\$&'));
  return new RegExp(`^${literals.join('(.+?)')}$`).exec(title)?.slice(1);
}

/**
 * Whether a test of `file` has this title: as it stands, from a template, or from a table. What a
 * template or a table fills in must stand in the file itself or in what tests share.
 */
function hasTitle(file: string, title: string): boolean {
  const text = readFileSync(file, 'utf8');
  const titles = [...text.matchAll(/\b(?:it|test|describe)\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g)];
  if (titles.some(([, quote, found]) => quote !== '`' && found?.replaceAll(/\\(.)/g, '$1') === title)) return true;
  const shared = [file, ...globSync('test/support/*.ts')]
    .map((name) => readFileSync(name, 'utf8').replaceAll(/(?<=\d)_(?=\d)/g, ''))
    .join('\n');
  const isFilledFromHere = titles.some(([, quote, found]) => {
    const filled = quote === '`' ? fillIn(found ?? '', title) : undefined;
    return filled?.every((part) => shared.includes(part)) === true;
  });
  const isInTable =
    /\b(?:it|test)\(\s*\w+,/.test(text) && [`'${title}'`, `"${title}"`].some((row) => text.includes(row));
  return isFilledFromHere || isInTable;
}

function checkTests(id: string, entry: Entry): void {
  const tests = toList(entry['tests']).map(toEntry);
  if (tests.length === 0) problems.push(`${id} has no test: add a file and the name of a test in it`);
  for (const { file, name } of tests) {
    if (!isText(file) || !isText(name)) problems.push(`${id} has a test without file or name`);
    else if (!file.endsWith('.test.ts') || !existsSync(file))
      problems.push(`${id} names ${file}, which is no test file`);
    else if (!hasTitle(file, name)) problems.push(`${id} names a test that ${file} does not have: ${name}`);
  }
}

function checkMetrics(
  id: string,
  entry: Entry,
  known: { metrics: ReadonlySet<string>; scripts: ReadonlySet<string> },
): void {
  const metrics = toList(entry['metrics']);
  if (metrics.length === 0) problems.push(`${id} has no metric: name one of src/, or an npm script that measures`);
  for (const metric of metrics) {
    const { script, measures } = toEntry(metric);
    if (isText(metric)) {
      if (!known.metrics.has(metric))
        problems.push(`${id} names the metric ${metric}, which nothing in src/ registers`);
    } else if (!isText(script) || !isText(measures) || !known.scripts.has(script)) {
      problems.push(`${id} has a metric that is neither a name nor an npm script and what it measures`);
    }
  }
}

function checkAlert(id: string, entry: Entry): void {
  const { name, condition, fires_from: firesFrom } = toEntry(entry['alert']);
  if (!isText(name)) problems.push(`${id} has no alert: give it a name and a condition`);
  else if (!isText(condition)) problems.push(`${id} has the alert ${name} without a condition`);
  else if (!isText(firesFrom)) problems.push(`${id} does not say from when its alert ${name} fires`);
}

const document = toEntry(parse(readFileSync(FILE, 'utf8')));
const registers = Object.entries(toEntry(document['registers']));
const risks = toEntry(document['risks']);
const holes = toEntry(document['holes']);
const known = { metrics: readMetricNames(), scripts: readScriptNames() };

const closedIds = registers.flatMap(([letter, value]) => {
  const register = toEntry(value);
  const ids = toList(register['ids']).filter(isText);
  if (ids.length === 0) problems.push(`register ${letter} lists no ids`);
  return register['closed'] === true ? ids : [];
});
if (closedIds.length === 0) problems.push('no register is closed: this check would hold for anything');
for (const id of closedIds.filter((missing) => !Object.hasOwn(risks, missing))) problems.push(`${id} has no entry`);
const listedIds = new Set(registers.flatMap(([, value]) => toList(toEntry(value)['ids'])));
for (const [id, value] of Object.entries(risks)) {
  const entry = toEntry(value);
  if (!listedIds.has(id)) problems.push(`${id} is in no register`);
  if (!isText(entry['risk'])) problems.push(`${id} does not say what the risk is`);
  checkMetrics(id, entry, known);
  checkAlert(id, entry);
  checkTests(id, entry);
}
for (const [id, value] of Object.entries(holes)) {
  const entry = toEntry(value);
  if (!isText(entry['hole'])) problems.push(`${id} does not say what the hole was`);
  checkTests(id, entry);
}

for (const problem of problems) process.stderr.write(`${FILE}: ${problem}\n`);
process.stdout.write(
  `risks: ${Object.keys(risks).length} risks, ${Object.keys(holes).length} holes, ${problems.length} problems\n`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
