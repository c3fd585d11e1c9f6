/**
 * CSV text (RFC 4180) → rows, within what a state can hold. Pure, linear in the text.
 *
 * More forgiving than the RFC where files are: any line end, blank lines left out, quotes inside
 * a field that does not begin with one, rows that end early. Anything that would lose or shift
 * data is a fault with its line.
 */
import { type JsonObject, type JsonValue, setOwn } from '../core/index.ts';

/** What a column's texts become. */
export type CsvType = 'text' | 'number' | 'boolean';

/** How a text is read. */
export interface CsvOptions {
  /** One character. */
  readonly delimiter: string;
  /** `first`: the first row names the columns; a list: these do; `none`: rows are lists. */
  readonly header: 'first' | 'none' | readonly string[];
  /** The columns that are given, all when absent. */
  readonly columns?: readonly string[];
  /** What columns hold that are not text. */
  readonly types: { readonly [column: string]: CsvType };
  /** Rows left out at the start, after the header. */
  readonly skipRows: number;
  /** Rows given at most; all of them when absent. */
  readonly maxRows?: number;
  /** Ceiling of the rows as JSON. */
  readonly maxBytes: number;
}

/** The rows of a text. */
export interface CsvTable {
  readonly ok: true;
  readonly rows: readonly JsonValue[];
  /** Names of all columns in the text; empty when rows are lists. */
  readonly columns: readonly string[];
  /** Rows in the text, given or not. */
  readonly total: number;
}

/** Why a text cannot be used: a sentence part without a stop, free of the text itself. */
export interface CsvFault {
  readonly ok: false;
  readonly reason: string;
}

/** Fields in one row at most. */
const MAX_COLUMNS = 1_000;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

class Fault extends Error {}

/** The rows of `text`, or the first thing wrong with it. */
export function parseCsv(text: string, options: CsvOptions): CsvTable | CsvFault {
  try {
    return readTable(new FieldReader(text, options.delimiter), options);
  } catch (error) {
    if (error instanceof Fault) return { ok: false, reason: error.message };
    throw error;
  }
}

/** Takes a text apart, one row at a time. */
class FieldReader {
  /** Where the row begins that was read last, from 1. */
  line = 1;
  readonly #text: string;
  readonly #delimiter: string;
  #at: number;
  #nextLine = 1;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
    this.#at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  /** The fields of the next row that is not blank; undefined at the end. */
  next(): readonly string[] | undefined {
    while (this.#at < this.#text.length && this.#skipLineEnd()) {
      // A blank line is no row.
    }
    if (this.#at >= this.#text.length) return undefined;
    this.line = this.#nextLine;
    const fields: string[] = [];
    for (;;) {
      if (fields.length === MAX_COLUMNS) throw new Fault(`line ${this.line} has more than ${MAX_COLUMNS} fields`);
      fields.push(this.#text[this.#at] === '"' ? this.#quoted() : this.#plain());
      if (this.#text[this.#at] !== this.#delimiter) break;
      this.#at += 1;
    }
    this.#skipLineEnd();
    return fields;
  }

  #skipLineEnd(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    if (code !== LINE_FEED && code !== CARRIAGE_RETURN) return false;
    this.#at += code === CARRIAGE_RETURN && this.#text.charCodeAt(this.#at + 1) === LINE_FEED ? 2 : 1;
    this.#nextLine += 1;
    return true;
  }

  #plain(): string {
    const start = this.#at;
    const delimiter = this.#delimiter.charCodeAt(0);
    const text = this.#text;
    let at = start;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === delimiter || code === LINE_FEED || code === CARRIAGE_RETURN) break;
    }
    this.#at = at;
    return text.slice(start, at);
  }

  #quoted(): string {
    const text = this.#text;
    const parts: string[] = [];
    for (let start = this.#at + 1; ; ) {
      const end = text.indexOf('"', start);
      if (end === -1) throw new Fault(`the quote in the row of line ${this.line} is never closed`);
      parts.push(text.slice(start, end));
      if (text[end + 1] !== '"') {
        this.#at = end + 1;
        break;
      }
      parts.push('"');
      start = end + 2;
    }
    const value = parts.join('');
    this.#nextLine += value.match(/\r\n|[\r\n]/g)?.length ?? 0;
    const after = text[this.#at];
    if (after !== undefined && after !== this.#delimiter && after !== '\n' && after !== '\r') {
      throw new Fault(`the row of line ${this.line} has text behind a closing quote`);
    }
    return value;
  }
}

interface Column {
  readonly index: number;
  readonly name: string;
  readonly type: CsvType;
}

function readTable(reader: FieldReader, options: CsvOptions): CsvTable {
  const names = readHeader(reader, options.header);
  const columns = names === undefined ? undefined : chooseColumns(names, options);
  const lastRow = options.skipRows + (options.maxRows ?? Number.POSITIVE_INFINITY);
  const rows: JsonValue[] = [];
  let total = 0;
  let bytes = 2;
  for (let fields = reader.next(); fields !== undefined; fields = reader.next()) {
    if (names !== undefined && fields.length > names.length) {
      throw new Fault(`the row of line ${reader.line} has ${fields.length} fields for ${names.length} columns`);
    }
    total += 1;
    if (total <= options.skipRows || total > lastRow) continue;
    const row = columns === undefined ? [...fields] : toObject(fields, columns, reader.line);
    bytes += byteLength(JSON.stringify(row)) + 1;
    if (bytes > options.maxBytes) {
      throw new Fault('its rows do not fit into half a state of the flow; ask for fewer with max_rows or columns');
    }
    rows.push(row);
  }
  return { ok: true, rows, columns: names ?? [], total };
}

/** The names of the columns; undefined when rows are lists. */
function readHeader(reader: FieldReader, header: CsvOptions['header']): readonly string[] | undefined {
  if (header === 'none') return undefined;
  const names = header === 'first' ? (reader.next() ?? []) : header;
  requireUnique(names);
  return names;
}

function requireUnique(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new Fault('two columns have the same name; name them yourself with header: [a, b, …]');
    seen.add(name);
  }
}

function chooseColumns(names: readonly string[], options: CsvOptions): readonly Column[] {
  const { columns = names, types } = options;
  for (const name of [...columns, ...Object.keys(types)]) {
    if (!names.includes(name)) throw new Fault(`it has no column ${JSON.stringify(name.slice(0, 60))}`);
  }
  return columns.map((name) => ({
    index: names.indexOf(name),
    name,
    type: (Object.hasOwn(types, name) ? types[name] : undefined) ?? 'text',
  }));
}

function toObject(fields: readonly string[], columns: readonly Column[], line: number): JsonObject {
  const row: JsonObject = {};
  for (const { index, name, type } of columns) {
    const text = fields[index];
    setOwn(row, name, text === undefined ? null : toTyped(text, type, { name, line }));
  }
  return row;
}

function toTyped(text: string, type: CsvType, place: { readonly name: string; readonly line: number }): JsonValue {
  if (type === 'text') return text;
  const word = text.trim();
  if (word === '') return null;
  if (type === 'boolean') {
    const lower = word.toLowerCase();
    if (lower === 'true' || lower === '1' || lower === 'yes') return true;
    if (lower === 'false' || lower === '0' || lower === 'no') return false;
  } else if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(word)) {
    const number = Number(word);
    if (Number.isFinite(number)) return number;
  }
  throw new Fault(
    `the column ${JSON.stringify(place.name.slice(0, 60))} in the row of line ${place.line} is no ${type}`,
  );
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).byteLength;
}
