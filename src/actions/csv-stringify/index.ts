/**
 * `csv.stringify`: rows → CSV text (RFC 4180) that `csv.parse` reads back as it was.
 */
import { formatSize, getOwn, isJsonObject, type JsonObject, type JsonValue, MIB } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { actionError, shown, toPlainText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { DELIMITER, readDelimiter } from '../csv-options.ts';

const NAME = 'csv.stringify';
const MAX_TEXT_BYTES = 4 * MIB;
const MAX_COLUMNS = 1_000;

const WITH_SCHEMA = objectSchema(
  {
    rows: {
      type: 'array',
      items: { type: ['object', 'array'] },
      description: 'Objects, or lists of fields. Null becomes an empty field; lists and objects in fields become JSON.',
    },
    columns: {
      type: ['array', 'null'],
      items: { type: 'string' },
      maxItems: MAX_COLUMNS,
      description: 'Keys that are written, in this order. Default: those of all rows, as they come up.',
    },
    header: { type: ['boolean', 'null'], description: 'Write the names of the columns first. Default true.' },
    delimiter: DELIMITER,
    line_end: { enum: ['crlf', 'lf', null], description: '`crlf` (default, as RFC 4180 says) or `lf`.' },
  },
  ['rows'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { text: { type: 'string', description: 'At most 4 MiB; every row has its line end.' } },
};

/** `csv.stringify`. */
export function createCsvStringifyAction(): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Writes rows as CSV text.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      return { value: { text: toText(input) } };
    },
  };
}

function toText(input: JsonObject): string {
  const delimiter = readDelimiter(NAME, input);
  const lineEnd = getOwn(input, 'line_end') === 'lf' ? '\n' : '\r\n';
  const given = getOwn(input, 'rows');
  const rows: readonly JsonValue[] = Array.isArray(given) ? given : [];
  const columns = toColumns(input, rows);
  const lines: string[] = [];
  let bytes = 0;
  const add = (fields: readonly JsonValue[]): void => {
    const line = `${toLine(fields, delimiter)}${lineEnd}`;
    bytes += Buffer.byteLength(line);
    if (bytes > MAX_TEXT_BYTES) throw actionError(NAME, `the text would be longer than ${formatSize(MAX_TEXT_BYTES)}.`);
    lines.push(line);
  };
  if (columns.length > 0 && getOwn(input, 'header') !== false) add(columns);
  for (const row of rows) {
    if (isJsonObject(row)) add(columns.map((name) => getOwn(row, name) ?? null));
    else add(Array.isArray(row) ? row : []);
  }
  return lines.join('');
}

/** Names of the columns; none when all rows are lists. */
function toColumns(input: JsonObject, rows: readonly JsonValue[]): readonly string[] {
  const given = getOwn(input, 'columns');
  if (Array.isArray(given)) return (given as readonly JsonValue[]).map(toPlainText);
  const names = new Set<string>();
  for (const row of rows) {
    if (!isJsonObject(row)) continue;
    for (const name of Object.keys(row)) names.add(name);
    if (names.size > MAX_COLUMNS) {
      throw actionError(NAME, `the rows have more than ${MAX_COLUMNS} different keys; choose some with columns.`);
    }
  }
  if (names.size === 0 && rows.some(isJsonObject)) {
    throw actionError(NAME, `the rows have no keys; got ${shown(rows[0])} first.`);
  }
  return [...names];
}

function toLine(fields: readonly JsonValue[], delimiter: string): string {
  const texts = fields.map((field) => (field === null ? '' : toPlainText(field)));
  // An empty line would be no row at all.
  if (texts.length <= 1 && (texts[0] ?? '') === '') return '""';
  return texts
    .map((text) => (mustBeQuoted(text, delimiter) ? `"${text.replaceAll('"', '""')}"` : text))
    .join(delimiter);
}

/** The mark at the start of a file would be taken for the mark of its encoding. */
function mustBeQuoted(text: string, delimiter: string): boolean {
  return text.includes(delimiter) || /["\r\n]|^\uFEFF/.test(text);
}
