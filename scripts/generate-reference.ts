/**
 * Writes the pages of `docs/reference/` that are made from tables in the source.
 *
 * With `--check` it writes nothing and fails when a page differs from what it would write: so a
 * row that only the page has, and one that only the source has, are both found. A new page is a
 * new entry of `PAGES`. Pages lie in the current folder, tables beside this script.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { actionFacts } from '../src/actions/index.ts';
import { CONFIG_TREE } from '../src/app/index.ts';
import { type CommandFacts, describeCommands } from '../src/cli/index.ts';
import { listOptions, type OptionRow, PROFILES } from '../src/control/index.ts';
import { ERROR_FACTS, type ErrorFacts, isJsonObject, type JsonObject, type JsonValue } from '../src/core/index.ts';
import type { ActionFacts } from '../src/flow/index.ts';
import { compileSchema } from '../src/spec/index.ts';
import { ACTION_EXAMPLES } from './action-examples.ts';
import { withLanguageTables } from './language-tables.ts';
import { cell, toTable } from './markdown-table.ts';

/** What each area of codes is about, in the order of the page. */
const AREAS: Readonly<Record<string, string>> = {
  SPEC: 'flow files',
  LUA: 'Lua nodes',
  EXPR: 'expressions and templates',
  FLOW: 'what a run ends with',
  STORE: 'the data folder',
  CONN: 'outbound connections',
  HTTP: 'inbound requests',
  ADMIT: 'admission of requests',
  CONFIG: 'configuration',
  AUTH: 'who may do what',
  CLI: 'the command line',
  BUG: 'faults of Moonpool itself',
};

function errorsPage(): string {
  const facts: [string, ErrorFacts][] = Object.entries(ERROR_FACTS);
  const unplaced = facts.filter(([code]) => AREAS[code.split('_')[0] as string] === undefined);
  if (unplaced.length > 0) throw new Error(`No area is known for ${unplaced.map(([code]) => code).join(', ')}.`);
  const sections = Object.entries(AREAS).flatMap(([area, about]) => {
    const rows = facts
      .filter(([code]) => code.startsWith(`${area}_`))
      .map(([code, { http, exit, retryable, about: sentence }]) => [
        `\`${code}\``,
        String(http),
        String(exit),
        retryable ? 'yes' : 'no',
        sentence,
      ]);
    return rows.length === 0
      ? []
      : [`## ${area}: ${about}\n\n${toTable(['Code', 'HTTP', 'Exit', 'Try again', 'Meaning'], rows)}\n`];
  });
  return `<!-- Generated from src/core/errors.ts by npm run docs:write; do not edit. -->

# Errors

The code is the contract: match it, never the message. A code is not renamed and not used again for something else.
_HTTP_ is the status of an API answer, _Exit_ the exit code of the command, _Try again_ whether the same call may succeed later.

${sections.join('\n')}`;
}

function optionLine({ path: name, range, fallback, profiles, about }: OptionRow): string[] {
  const others = Object.entries(profiles).map(([profile, value]) => `${profile}: ${value}`);
  return [`\`${name}\``, range, [fallback, ...others].join('; '), about].map(cell);
}

function optionsPage(): string {
  const rows = listOptions(CONFIG_TREE, Object.values(PROFILES));
  const sections = Map.groupBy(rows, (row) => row.path.split('.')[0] as string);
  const tables = [...sections].map(
    ([section, its]) => `## ${section}\n\n${toTable(['Option', 'Takes', 'Default', 'Meaning'], its.map(optionLine))}\n`,
  );
  return `<!-- Generated from the options tables in src/ by npm run docs:write; do not edit. -->

# Options

Written in \`moonpool.yaml\` as nested keys, or in the environment: \`${rows[0]?.path}\` is \`${rows[0]?.environment}\`.
The command line goes before the environment, that before the file, that before the profile, that before the default. An option that is unknown or out of range is refused. Where a profile sets another default it stands behind its name.

${tables.join('\n')}`;
}

const EFFECTS: Readonly<Record<ActionFacts['effect'], string>> = {
  safe: 'safe: it reads only',
  idempotent: 'idempotent: it may be repeated under one key',
  other: 'other: it must not happen twice',
};

/** The types a schema allows, as people say them. */
function typeWords(schema: JsonObject): string {
  const { type, enum: words } = schema;
  if (Array.isArray(words)) return words.flatMap((word) => (word === null ? [] : `\`${String(word)}\``)).join(', ');
  const types = (Array.isArray(type) ? type : [type]).filter((one) => one !== 'null' && one !== undefined);
  return types.length === 0 ? 'any value' : types.join(' or ').replaceAll('string', 'text').replaceAll('array', 'list');
}

function propertyRows(schema: JsonObject): string[][] {
  const { properties, required } = schema;
  const needed: readonly JsonValue[] = Array.isArray(required) ? required : [];
  return Object.entries(isJsonObject(properties) ? properties : {}).map(([key, property]) => {
    const own = isJsonObject(property) ? property : {};
    const about = typeof own['description'] === 'string' ? own['description'] : '';
    return [`\`${key}\`${needed.includes(key) ? ' (required)' : ''}`, typeWords(own), about].map(cell);
  });
}

function exampleOf(facts: ActionFacts): string {
  const example = ACTION_EXAMPLES[facts.name];
  if (example === undefined) throw new Error(`scripts/action-examples.ts has no example of ${facts.name}.`);
  const problems = compileSchema(facts.withSchema)(example);
  if (problems.length > 0) throw new Error(`The example of ${facts.name} does not fit: ${problems.join(' ')}`);
  const lines = Object.entries(example).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`);
  return ['```yaml', '- name: step', `  uses: ${facts.name}`, '  with:', ...lines, '```'].join('\n');
}

function actionSection(facts: ActionFacts): string {
  const input = propertyRows(facts.withSchema);
  const result = propertyRows(facts.resultSchema);
  return [
    `## ${facts.name}`,
    facts.about,
    `Effect: ${EFFECTS[facts.effect]}.`,
    toTable(['`with`', 'Takes', 'Meaning'], input),
    toTable(['Result', 'Is', 'Meaning'], result),
    exampleOf(facts),
    '',
  ].join('\n\n');
}

function actionsPage(): string {
  const catalogue = actionFacts();
  const sections = catalogue.names().flatMap((name) => catalogue.find(name) ?? []);
  return `<!-- Generated from the schemas in src/actions/ and scripts/action-examples.ts by npm run docs:write; do not edit. -->

# Actions

A node calls one with \`uses\`, and gives it \`with\`, in which templates are rendered first. What may be left out may also be null.
_Effect_ says what may happen after a crash: what is safe is simply done again, what is idempotent is done again under the same key, anything else waits for a person.
A blob handle is what an action with \`as: blob\` gave: \`{blob, bytes, type}\`. An operator adds actions of their own with \`actions.modules\`, see the [options](options.md).

${sections.map(actionSection).join('\n')}`
    .trimEnd()
    .concat('\n');
}

/** What each exit code says; every code of the catalogue of errors has its row. */
const EXIT_CODES: readonly (readonly [number, string])[] = [
  [0, 'Done. All tests passed, all flows are valid.'],
  [1, 'The flow failed, or a test did.'],
  [2, 'Bad usage, a bad flow, test file or configuration, input that does not fit.'],
  [3, 'It cannot run here: a named thing is missing or taken, such as a port or the data folder.'],
  [75, 'The run waits for input; its id is on standard error.'],
  [130, 'Interrupted by Ctrl-C.'],
];

function commandSection({ name, about, parameters }: CommandFacts): string {
  const rows = parameters.map(({ form, about: meaning }) => [`\`${form}\``, meaning].map(cell));
  const table = rows.length === 0 ? [] : [toTable(['Argument or option', 'Meaning'], rows)];
  return [`## moonpool ${name}`, about, ...table].join('\n\n');
}

function cliPage(): string {
  const known = new Set(EXIT_CODES.map(([code]) => code));
  const missing = Object.entries(ERROR_FACTS).filter(([, { exit }]) => !known.has(exit));
  if (missing.length > 0)
    throw new Error(`No row of the exit codes is for ${missing.map(([code]) => code).join(', ')}.`);
  const exits = toTable(
    ['Exit code', 'Meaning'],
    EXIT_CODES.map(([code, about]) => [String(code), about]),
  );
  return `<!-- Generated from the definitions in src/cli/ by npm run docs:write; do not edit. -->

# The command

Standard output is data: the final state of a run, events, problems, results. Talk and errors go to standard error, an error as one
line: \`file:line:column: error CODE: sentence. hint\`, without the place where no file is to blame. Every command takes \`--help\`.

${exits}

${describeCommands().map(commandSection).join('\n\n')}
`;
}

/** The page as it is to be, out of the page as it is. */
const PAGES: Readonly<Record<string, (found: string) => string>> = {
  'docs/reference/actions.md': actionsPage,
  'docs/reference/cli.md': cliPage,
  'docs/reference/language.md': withLanguageTables,
  'docs/reference/errors.md': errorsPage,
  'docs/reference/options.md': optionsPage,
};

const isCheck = process.argv.includes('--check');
for (const [name, page] of Object.entries(PAGES)) {
  const found = existsSync(name) ? readFileSync(name, 'utf8') : '';
  const wanted = page(found);
  if (wanted === found) continue;
  if (isCheck) {
    const wantedLines = new Set(wanted.split('\n'));
    const foundLines = new Set(found.split('\n'));
    for (const line of wantedLines.difference(foundLines)) process.stderr.write(`${name}: missing: ${line}\n`);
    for (const line of foundLines.difference(wantedLines))
      process.stderr.write(`${name}: not in the source: ${line}\n`);
    process.stderr.write(`${name} differs from its source. Run npm run docs:write and commit it.\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(path.dirname(name), { recursive: true });
    writeFileSync(name, wanted);
    process.stdout.write(`${name} written\n`);
  }
}
