/**
 * `file.list`: what lies in a folder that flows may use. Hidden names and links out of it are left out.
 */
import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { getOwn, type JsonObject } from '../../core/index.ts';
import type { Action, ActionCall } from '../../engine/index.ts';
import { actionError, readText, shown } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import { allowedPath, type FileRules, toFileError } from '../allowed-files.ts';
import { matchesWildcard } from '../wildcard.ts';

const NAME = 'file.list';
const DEFAULT_COUNT = 1_000;
const MAX_COUNT = 10_000;
/** Entries that one call looks at, listed or not. */
const MAX_SEEN = 20_000;
const MAX_DEPTH = 10;

const WITH_SCHEMA = objectSchema({
  path: { type: ['string', 'null'], description: 'Folder relative to the flow file, inside files.root. Default `.`.' },
  pattern: {
    type: ['string', 'null'],
    maxLength: 255,
    description: 'Names that are listed: * stands for any characters, ? for one. Default *.',
  },
  kind: { enum: ['file', 'folder', null], description: 'List only these. Default both.' },
  depth: {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: MAX_DEPTH,
    description: 'Levels of folders that are looked into; 1 (default) is the folder itself.',
  },
  max_count: {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: MAX_COUNT,
    description: `Most entries that are given; more fail the action. Default ${DEFAULT_COUNT}.`,
  },
});

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    entries: {
      type: 'array',
      description:
        'By path: {path, name, kind, bytes, modified_ms}; path is relative to the flow file, bytes 0 for folders.',
    },
    count: { type: 'integer' },
  },
};

/** A file or folder as the flow gets it. */
type Entry = {
  readonly path: string;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly bytes: number;
  readonly modified_ms: number;
};

interface Search {
  readonly call: ActionCall;
  readonly rules: FileRules;
  readonly base: string;
  readonly pattern: string;
  readonly kind: string | undefined;
  readonly depth: number;
  readonly maxCount: number;
  readonly found: Entry[];
  seen: number;
}

/** `file.list` inside the allowed folder. */
export function createFileListAction(deps: { readonly files: FileRules }): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Lists files and folders inside the folder that flows may use.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const path = readText(input, 'path') ?? '.';
      try {
        const { real, base } = await allowedPath(NAME, path, call.flowDirectory, deps.files);
        const search: Search = {
          ...{ call, base, rules: deps.files, found: [], seen: 0 },
          pattern: readText(input, 'pattern') ?? '*',
          kind: readText(input, 'kind'),
          depth: readCount(input, 'depth', { fallback: 1, max: MAX_DEPTH }),
          maxCount: readCount(input, 'max_count', { fallback: DEFAULT_COUNT, max: MAX_COUNT }),
        };
        await look(search, real, 1);
        const entries = search.found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
        return { value: { entries, count: entries.length } };
      } catch (error) {
        throw toFileError(NAME, path, error);
      }
    },
  };
}

async function look(search: Search, folder: string, depth: number): Promise<void> {
  const inner: string[] = [];
  for await (const entry of await opendir(folder)) {
    search.call.signal.throwIfAborted();
    search.seen += 1;
    if (search.seen > MAX_SEEN)
      throw actionError(NAME, `there are more than ${MAX_SEEN} entries; name a smaller folder.`);
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const found = await describe(search, path, entry);
    if (found === undefined) continue;
    // Links are listed and not followed further: they may lead in a circle.
    if (found.kind === 'folder' && entry.isDirectory() && depth < search.depth) inner.push(path);
    take(search, found);
  }
  for (const path of inner) await look(search, path, depth + 1);
}

function take({ kind, pattern, found, maxCount }: Search, entry: Entry): void {
  if ((kind ?? entry.kind) !== entry.kind || !matchesWildcard(pattern, entry.name)) return;
  if (found.length === maxCount) {
    throw actionError(NAME, `more than ${maxCount} entries are there; raise max_count or narrow pattern.`);
  }
  found.push(entry);
}

/** An entry as it is given; undefined for what may not be touched, is gone again, or is neither file nor folder. */
async function describe(search: Search, path: string, entry: Dirent): Promise<Entry | undefined> {
  const { call, rules, base } = search;
  try {
    const { real } = await allowedPath(NAME, path, call.flowDirectory, rules);
    const facts = await stat(real);
    if (!facts.isFile() && !facts.isDirectory()) return undefined;
    return {
      path: relative(base, path).split(sep).join('/'),
      name: entry.name,
      kind: facts.isFile() ? 'file' : 'folder',
      bytes: facts.isFile() ? facts.size : 0,
      modified_ms: Math.floor(facts.mtimeMs),
    };
  } catch {
    // A link that leads out or nowhere is not there for flows.
    return undefined;
  }
}

function readCount(input: JsonObject, key: string, range: { readonly fallback: number; readonly max: number }): number {
  const value = getOwn(input, key) ?? range.fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= range.max) return value;
  throw actionError(NAME, `${key} must be a whole number from 1 to ${range.max}, got ${shown(value)}.`);
}
