/**
 * Files that are whole or absent, and failures of the data folder in our words.
 *
 * The path never appears in a message: data folders have names that are nobody's business.
 */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MoonpoolError } from '../core/index.ts';

/** What a file that is still being written is called at its end; removed when a store starts. */
export const PART_SUFFIX = '.part';

/** The code of a failed system call, or `UNKNOWN`. */
export function systemCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** A failed system call as STORE_FULL or STORE_IO. Errors that are ours pass. */
export function toStoreError(error: unknown, what: string): MoonpoolError {
  if (error instanceof MoonpoolError) return error;
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new MoonpoolError('STORE_FULL', `${what} could not be kept: the disk is full (${code}); free some space.`, {
      cause: error,
    });
  }
  const hint =
    code === 'EROFS' || code === 'EACCES' || code === 'EPERM' ? '; check who may write to the data folder' : '';
  return new MoonpoolError('STORE_IO', `${what} could not be read or written (${code})${hint}.`, { cause: error });
}

/** Makes the folder if it is not there and removes files that were never finished. */
export async function prepareFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    if (name.endsWith(PART_SUFFIX)) await rm(join(directory, name), { force: true });
  }
}

/**
 * Writes `text` so that after a kill or a power cut either the old or the new file is there.
 *
 * Callers write one file one at a time.
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}${PART_SUFFIX}`;
  try {
    const file = await open(part, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    // What was not finished must not stay; that it cannot be removed either is the lesser news.
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

/** Makes a rename in the folder durable. */
async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, 'r');
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems cannot sync a folder; they order renames themselves.
    if (systemCode(error) !== 'EINVAL' && systemCode(error) !== 'EISDIR') throw error;
  } finally {
    await folder.close();
  }
}
