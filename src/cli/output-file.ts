/**
 * The file of `-o`: whole or not there, and never half of each.
 */
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { MoonpoolError, randomHex } from '../core/index.ts';
import { reasonOf } from './run-input.ts';

function cannotWrite(name: string, cause: unknown): MoonpoolError {
  return new MoonpoolError('CLI_FILE', `${name} cannot be written (${reasonOf(cause)}).`, { cause });
}

/** Fails before a long run instead of after it. @throws CLI_FILE when the folder of `name` is missing */
export async function requireOutputFolder(cwd: string, name: string): Promise<void> {
  try {
    const target = await stat(dirname(resolve(cwd, name)));
    if (!target.isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' });
  } catch (error) {
    throw cannotWrite(name, error);
  }
}

/** True when `path` is there and is no ordinary file: a device or a pipe must not be renamed over. */
async function isSpecial(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isFile();
  } catch {
    // Not there yet: an ordinary file will be made.
    return false;
  }
}

/** Writes `text` to `name` by way of a second file beside it. @throws CLI_FILE when that fails */
export async function writeOutputFile(cwd: string, name: string, text: string): Promise<void> {
  // Through a symbolic link the file it names is replaced, not the link.
  const path = await realpath(resolve(cwd, name)).catch(() => resolve(cwd, name));
  const draft = `${path}.${randomHex(4)}.draft`;
  try {
    if (await isSpecial(path)) {
      await writeFile(path, text);
      return;
    }
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw cannotWrite(name, error);
  }
}
