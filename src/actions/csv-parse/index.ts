/**
 * `csv.parse`: CSV text or blob → rows. What is large is read in the work thread.
 *
 * Fields stay text unless a type is asked for. Nothing is cut off in silence: rows that do not
 * fit into half a state fail the action.
 */
import { type Clock, decodeText, getOwn, isJsonObject, type JsonObject, MIB } from '../../core/index.ts';
import type { Action, BlobStore } from '../../engine/index.ts';
import { type CsvOptions, MAX_JSON_BYTES, parseCsv, type WorkThread } from '../../work/index.ts';
import { actionError, jobTimeMs, shown } from '../action-input.ts';
import { BLOB_HANDLE, objectSchema, textOrHandle } from '../action-schema.ts';
import { DELIMITER, readDelimiter } from '../csv-options.ts';
import { readBlob, readTextSource } from '../text-source.ts';

const NAME = 'csv.parse';
const MAX_BYTES = 50 * MIB;
const MAX_ROWS = 1_000_000;
const TYPES = ['text', 'number', 'boolean'] as const;

/** What `csv.parse` is built on. */
export interface CsvParseDeps {
  readonly blobs: BlobStore;
  readonly work: WorkThread;
  readonly clock: Pick<Clock, 'tickMs'>;
  /** Largest state of a run: rows take half of it at most. */
  readonly stateBytes: number;
}

const NAMES: JsonObject = { type: 'array', maxItems: 1_000, items: { type: 'string', maxLength: 1_000 } };

const WITH_SCHEMA = objectSchema({
  text: textOrHandle('The rows (RFC 4180), at most 50 MiB.'),
  blob: BLOB_HANDLE,
  header: {
    ...NAMES,
    type: ['boolean', 'array', 'null'],
    description:
      'true (default): the first row names the columns; false: there is none, and rows are lists; a list of names: there is none, and the columns are called that.',
  },
  delimiter: DELIMITER,
  columns: { ...NAMES, type: ['array', 'null'], description: 'Columns that are given, by name. Default: all.' },
  types: {
    type: ['object', 'null'],
    additionalProperties: { enum: [...TYPES] },
    description: 'Columns that become a number or a boolean, by name; empty fields in them become null.',
  },
  skip_rows: {
    type: ['integer', 'null'],
    minimum: 0,
    maximum: MAX_ROWS,
    description: 'Rows left out at the start, after the header. Default 0.',
  },
  max_rows: {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: MAX_ROWS,
    description: 'Rows given at most. Default: all; they must fit into half a state.',
  },
});

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    rows: { type: 'array', description: 'One object per row, or one list of texts with header: false.' },
    columns: { type: 'array', description: 'Names of all columns in the text; empty with header: false.' },
    total: { type: 'integer', description: 'Rows in the text, given or not.' },
  },
};

/** `csv.parse`. */
export function createCsvParseAction(deps: CsvParseDeps): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Reads CSV from text or a blob.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const source = readTextSource(NAME, input, { maxBytes: MAX_BYTES });
      const csv = toCsvOptions(input, Math.floor(deps.stateBytes / 2));
      const contentType = source.kind === 'blob' ? source.handle.type : '';
      const body =
        source.kind === 'blob'
          ? await readBlob(NAME, source.handle, { call, blobs: deps.blobs, maxBytes: MAX_BYTES })
          : source.text;
      const timeoutMs = jobTimeMs(call, deps.clock);
      const table =
        body.length <= MAX_JSON_BYTES
          ? parseCsv(typeof body === 'string' ? body : decodeText(body, contentType), csv)
          : await deps.work.run(
              { kind: 'csv.parse', body, input: { csv, contentType } },
              { signal: call.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
            );
      if (!table.ok) throw actionError(NAME, `the text cannot be used: ${table.reason}.`);
      return { value: { rows: table.rows, columns: table.columns, total: table.total } };
    },
  };
}

function toCsvOptions(input: JsonObject, maxBytes: number): CsvOptions {
  const types = getOwn(input, 'types');
  const columns = readNames(input, 'columns');
  const header = toHeader(input);
  if (header === 'none' && (columns !== undefined || (isJsonObject(types) && Object.keys(types).length > 0))) {
    throw actionError(NAME, 'columns and types go by name; give header a list of names.');
  }
  const maxRows = readCount(input, 'max_rows', 1);
  return {
    delimiter: readDelimiter(NAME, input),
    header,
    types: (isJsonObject(types) ? types : {}) as CsvOptions['types'],
    skipRows: readCount(input, 'skip_rows', 0) ?? 0,
    maxBytes,
    ...(columns === undefined ? {} : { columns }),
    ...(maxRows === undefined ? {} : { maxRows }),
  };
}

function toHeader(input: JsonObject): CsvOptions['header'] {
  const value = getOwn(input, 'header') ?? true;
  if (value === true) return 'first';
  return value === false ? 'none' : (readNames(input, 'header') ?? 'first');
}

function readNames(input: JsonObject, key: string): readonly string[] | undefined {
  const value = getOwn(input, key) ?? undefined;
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value as readonly string[];
  throw actionError(NAME, `${key} must be a list of names, got ${shown(value)}.`);
}

function readCount(input: JsonObject, key: string, min: number): number | undefined {
  const value = getOwn(input, key) ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= MAX_ROWS) return value;
  throw actionError(NAME, `${key} must be a whole number from ${min} to ${MAX_ROWS}, got ${shown(value)}.`);
}
