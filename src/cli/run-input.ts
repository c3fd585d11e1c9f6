/**
 * The input of a run from `-i JSON`, `-i @FILE`, `-i @-` and `--set k=v`.
 */
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonTypeName,
  MIB,
  MoonpoolError,
  mergeShallow,
  setOwn,
} from '../core/index.ts';
import { PlacedError, usageError } from './error-line.ts';
import type { CliIo } from './io.ts';
import { findJsonFault, placeOf } from './json-fault.ts';

/** The longest input that is read, in bytes: as much as the largest state. */
export const MAX_INPUT_BYTES = 16 * MIB;

function parseObject(text: string, name: string): JsonObject {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // The parser's own message repeats the text, which may be long or private, and seldom says where.
    const offset = findJsonFault(text) ?? 0;
    const found = offset >= text.length ? 'it ends too early' : `unexpected ${JSON.stringify(text.charAt(offset))}`;
    const place = { file: name, ...placeOf(text, offset) };
    throw new PlacedError('CLI_USAGE', `The input is not JSON: ${found}.`, place);
  }
  if (isJsonObject(value)) return value;
  throw usageError(`The input must be a JSON object, got ${jsonTypeName(value)} from ${name}.`);
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MoonpoolError('CLI_FILE', `${name} is not UTF-8 text.`, { cause: error });
  }
}

async function readInputFile(io: CliIo, name: string): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    // One byte more than may be tells that there is more; a device may go on for ever.
    const source = createReadStream(resolve(io.cwd, name), { end: MAX_INPUT_BYTES, signal: io.signal });
    for await (const part of source as AsyncIterable<Buffer>) parts.push(part);
  } catch (error) {
    if (io.signal.aborted) throw io.signal.reason;
    const message = `${name} cannot be read (${reasonOf(error)}). Give -i the name of a JSON file after @.`;
    throw new MoonpoolError('CLI_FILE', message, { cause: error });
  }
  const content = Buffer.concat(parts);
  if (content.length > MAX_INPUT_BYTES) {
    throw new MoonpoolError('CLI_FILE', `${name} has more than the ${MAX_INPUT_BYTES} bytes an input may have.`);
  }
  return decode(content, name);
}

/** What the system said, in a word: `ENOENT` → `no such file or folder`. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'not permitted';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'part of the path is no folder';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return typeof code === 'string' ? code : 'it failed';
  }
}

/** The object that `-i` gives; `{}` without it. */
async function readObject(io: CliIo, input: string | undefined): Promise<JsonObject> {
  if (input === undefined) return {};
  if (!input.startsWith('@')) return parseObject(input, 'input');
  const name = input.slice(1);
  if (name === '') throw usageError('-i @ names no file. Write -i @FILE, or -i @- for standard input.');
  if (name === '-') return parseObject(decode(await io.readStdin(MAX_INPUT_BYTES), 'Standard input'), 'stdin');
  return parseObject(await readInputFile(io, name), name);
}

/** `key=value` of one `--set`: a value that is JSON is taken as JSON, any other as text. */
function parseSetting(setting: string): readonly [string, JsonValue] {
  const split = setting.indexOf('=');
  if (split < 1) throw usageError(`--set takes KEY=VALUE, got ${setting}.`);
  const text = setting.slice(split + 1);
  try {
    return [setting.slice(0, split), JSON.parse(text) as JsonValue];
  } catch {
    // Plain words need no quotes: --set name=Ada.
    return [setting.slice(0, split), text];
  }
}

/**
 * The input of a run: `input`, with each of `settings` over it at the top level, the last wins.
 *
 * @throws CLI_USAGE for text that is not a JSON object, with its place; CLI_FILE for a file that cannot be read
 */
export async function readRunInput(
  io: CliIo,
  input: string | undefined,
  settings: readonly string[],
): Promise<JsonObject> {
  const over: { [key: string]: JsonValue } = {};
  for (const setting of settings) {
    const [key, value] = parseSetting(setting);
    setOwn(over, key, value);
  }
  return mergeShallow(await readObject(io, input), over);
}
