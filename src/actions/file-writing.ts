/**
 * Writing a file whole or not at all, inside the folder that flows may use.
 *
 * Bytes go into a hidden file beside the target, which then takes its name. What would become
 * code or configuration of this program is never written: flows do not write flows.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSize, MIB, MoonpoolError, sha256Hex } from '../core/index.ts';
import { actionError, shown } from './action-input.ts';
import { allowedNewPath, type FileRules, toFileError } from './allowed-files.ts';

const MIN_FREE_BYTES = 32 * MIB;

/** Flows and their tests, modules, what configures them, and what they are built from. */
const PROTECTED_NAME = /\.(?:ya?ml|[cm]?[jt]sx?|node|wasm|lua)$|\.schema\.json$|^package(?:-lock)?\.json$/i;

/** The last write to each file; the next one to the same file waits for it. */
const writing = new Map<string, Promise<unknown>>();

/**
 * Writes `bytes` to `path`, relative to the flow's folder; the file before stays until the new one is whole.
 *
 * @throws FLOW_ACTION when it lies outside, is protected or no regular file
 * @throws STORE_FULL when the disk would be left with less than the rules want free
 */
export async function writeAllowedFile(
  action: string,
  path: string,
  bytes: Uint8Array,
  place: { readonly flowDirectory: string; readonly rules: FileRules; readonly signal: AbortSignal },
): Promise<void> {
  try {
    const { folder, name } = await allowedNewPath(action, path, place.flowDirectory, place.rules);
    if (PROTECTED_NAME.test(name)) {
      throw actionError(action, `${shown(path)} could become code or configuration; flows do not write such files.`);
    }
    const target = join(folder, name);
    const mine = (writing.get(target) ?? Promise.resolve()).then(async () => {
      place.signal.throwIfAborted();
      await requireReplaceable(action, path, target);
      await requireSpace(folder, bytes.byteLength, place.rules.minFreeBytes ?? MIN_FREE_BYTES);
      await replaceFile(join(folder, `.${sha256Hex(name).slice(0, 16)}.part`), target, bytes);
    });
    const settled = mine.catch(() => {});
    writing.set(target, settled);
    try {
      await mine;
    } finally {
      if (writing.get(target) === settled) writing.delete(target);
    }
  } catch (error) {
    throw toFileError(action, path, error);
  }
}

async function requireReplaceable(action: string, path: string, target: string): Promise<void> {
  const facts = await lstat(target).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  });
  if (facts !== undefined && !facts.isFile()) throw actionError(action, `${shown(path)} is not a regular file.`);
}

async function requireSpace(folder: string, bytes: number, minFreeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize - bytes >= minFreeBytes) return;
  throw new MoonpoolError(
    'STORE_FULL',
    `A file of ${bytes} bytes would leave less than ${formatSize(minFreeBytes)} free on its disk; free some space.`,
  );
}

async function replaceFile(part: string, target: string, bytes: Uint8Array): Promise<void> {
  try {
    const { O_CREAT, O_WRONLY, O_TRUNC, O_NOFOLLOW } = constants;
    const file = await open(part, O_CREAT | O_WRONLY | O_TRUNC | O_NOFOLLOW, 0o644);
    try {
      await writeAll(file, bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, target);
  } catch (error) {
    // What was not finished must not stay; that it cannot be removed either is the lesser news.
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, offset);
    offset += bytesWritten;
  }
}
