/**
 * Files and folders that somebody named on the command line: found, read whole and bounded, or why
 * not in one sentence.
 */
import type { Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MoonpoolError } from '../core/index.ts';

/** Entries looked at below one folder. */
const MAX_ENTRY_COUNT = 10_000;
/** Folders that are never searched, beside those whose names begin with a dot. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules']);

/**
 * Whether `path` is a file or a folder.
 *
 * @throws CLI_FILE for anything else: a device may go on for ever, and opening a pipe nobody writes to cannot be interrupted
 */
export async function kindOf(path: string): Promise<'file' | 'folder'> {
  const kind = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (kind.isDirectory()) return 'folder';
  if (kind.isFile()) return 'file';
  throw new MoonpoolError('CLI_FILE', `${path} is neither a file nor a folder. Write what it gives to a file.`);
}

/**
 * The files below `folder` that `isWanted`, sorted by path.
 *
 * @param what names them in messages: `flows`
 * @throws CLI_FILE for a folder that cannot be read or holds more than 10,000 entries
 */
export async function filesBelow(
  folder: string,
  {
    isWanted,
    what,
  }: { readonly isWanted: (name: string, path: string) => boolean | Promise<boolean>; readonly what: string },
): Promise<readonly string[]> {
  const found: string[] = [];
  const folders = [folder];
  let seen = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const current = next;
    const entries: Dirent[] = await readdir(current, { withFileTypes: true }).catch((error: unknown) => {
      throw unreadable(current, error);
    });
    seen += entries.length;
    if (seen > MAX_ENTRY_COUNT) {
      const message = `The folder ${folder} holds more than ${MAX_ENTRY_COUNT} files. Name the ${what}.`;
      throw new MoonpoolError('CLI_FILE', message);
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.') || SKIPPED_FOLDERS.has(entry.name)) continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() && (await isWanted(entry.name, path))) found.push(path);
    }
  }
  return found.toSorted();
}

/**
 * The text of a file.
 *
 * @param limits `what` it is, for the message, and the most bytes it may have
 * @throws CLI_FILE for a file that is larger, does not exist or cannot be read
 */
export async function readBoundedFile(
  path: string,
  { what, maxBytes }: { readonly what: string; readonly maxBytes: number },
): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > maxBytes) {
      throw new MoonpoolError('CLI_FILE', `The file ${path} has ${size} bytes; a ${what} has at most ${maxBytes}.`);
    }
    return await file.readFile('utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** What is said of a path that cannot be read; an error of ours stays as it is. */
function unreadable(path: string, error: unknown): MoonpoolError {
  if (error instanceof MoonpoolError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
  return new MoonpoolError('CLI_FILE', `The file ${path} ${why}. Check the path.`, { cause: error });
}
