/**
 * Files that flows may read and write: regular ones inside one folder.
 *
 * Paths come from flows and may come from requests. Symbolic links are followed first and judged by
 * where they lead; names that begin with a dot are refused (data folders and keys hide there).
 * Messages show the path as the flow wrote it, never where it lies on the machine.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { MoonpoolError } from '../core/index.ts';
import { actionError, shown } from './action-input.ts';

/** Where flows may read and write. */
export interface FileRules {
  /** Folder that holds everything that may be touched, relative to the calling flow's; that folder itself when absent. */
  readonly root?: string;
  /** Folders inside the root that may not be touched: the data folder. */
  readonly refused?: readonly string[];
  /** What a write must leave free on the disk. Default 32 MiB. */
  readonly minFreeBytes?: number;
}

/** An open regular file; the caller closes it. */
export interface OpenFile {
  readonly file: FileHandle;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Changes when the file does. */
  readonly version: string;
}

const MAX_PATH_LENGTH = 1_024;

/**
 * Opens the file at `path`, relative to the flow's folder.
 *
 * @throws FLOW_ACTION when there is none, it lies outside, or it is not a regular file
 */
export async function openAllowedFile(
  action: string,
  path: string,
  flowDirectory: string,
  rules: FileRules,
): Promise<OpenFile> {
  try {
    const { real } = await allowedPath(action, path, flowDirectory, rules);
    // O_NONBLOCK: opening a pipe would wait for its writer; O_NOFOLLOW: it was a link's end a moment ago.
    const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      return await checkOpen(action, path, real, file);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw toFileError(action, path, error);
  }
}

/** An allowed place: where it really lies, and the folders it is judged by. */
export interface AllowedPath {
  readonly real: string;
  /** The flow's own folder. */
  readonly base: string;
}

/**
 * Where `path`, which exists, really lies. Failed system calls are thrown as they are.
 *
 * @throws FLOW_ACTION when it lies outside
 */
export async function allowedPath(
  action: string,
  path: string,
  flowDirectory: string,
  rules: FileRules,
): Promise<AllowedPath> {
  const { base, root, wanted } = await wantedPath(action, path, flowDirectory, rules);
  const real = await realpath(wanted);
  await requireAllowed(action, path, { root, real }, rules);
  return { real, base };
}

/**
 * Where a new file at `path` would lie: its folder exists, its own name is the one of `path`.
 *
 * @throws FLOW_ACTION when that is outside
 */
export async function allowedNewPath(
  action: string,
  path: string,
  flowDirectory: string,
  rules: FileRules,
): Promise<{ readonly folder: string; readonly name: string }> {
  const { root, wanted } = await wantedPath(action, path, flowDirectory, rules);
  const name = basename(wanted);
  if (wanted === root || path.endsWith('/')) throw actionError(action, `${shown(path)} is a folder; name a file.`);
  const folder = await realpath(dirname(wanted));
  await requireAllowed(action, path, { root, real: resolve(folder, name) }, rules);
  return { folder, name };
}

async function wantedPath(
  action: string,
  path: string,
  flowDirectory: string,
  rules: FileRules,
): Promise<{ readonly base: string; readonly root: string; readonly wanted: string }> {
  if (path.length > MAX_PATH_LENGTH || path.includes('\0')) throw actionError(action, `${shown(path)} is no path.`);
  const base = await realpath(flowDirectory);
  const root = rules.root === undefined ? base : await realpath(resolve(base, rules.root));
  const wanted = resolve(base, path);
  // Before the file system is asked, so that nobody learns what exists outside.
  requireInside(action, path, root, wanted);
  return { base, root, wanted };
}

async function requireAllowed(
  action: string,
  path: string,
  place: { readonly root: string; readonly real: string },
  rules: FileRules,
): Promise<void> {
  const { root, real } = place;
  requireInside(action, path, root, real);
  for (const folder of rules.refused ?? []) {
    if (isInside(await realOrSame(folder), real)) throw outside(action, path);
  }
}

async function realOrSame(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    // It is not there yet, so nothing lies in it.
    return resolve(folder);
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function requireInside(action: string, path: string, root: string, wanted: string): void {
  if (!isInside(root, wanted)) throw outside(action, path);
  const hidden = relative(root, wanted)
    .split(sep)
    .find((name) => name.startsWith('.'));
  if (hidden !== undefined)
    throw actionError(action, `${shown(path)} is hidden; names that begin with a dot are left alone.`);
}

function outside(action: string, path: string): MoonpoolError {
  return actionError(
    action,
    `${shown(path)} lies outside the folder that flows may use; move it there or set files.root.`,
  );
}

async function checkOpen(action: string, path: string, real: string, file: FileHandle): Promise<OpenFile> {
  const facts = await file.stat();
  if (!facts.isFile()) throw actionError(action, `${shown(path)} is not a regular file.`);
  const now = await stat(real);
  if (now.ino !== facts.ino || now.dev !== facts.dev)
    throw actionError(action, `${shown(path)} changed while it was opened.`);
  return {
    file,
    bytes: facts.size,
    modifiedMs: Math.floor(facts.mtimeMs),
    version: `${facts.dev}:${facts.ino}:${facts.size}:${facts.mtimeMs}`,
  };
}

/** A failed system call in our words. Errors that are ours, and what is no failed call, pass. */
export function toFileError(action: string, path: string, error: unknown): unknown {
  if (error instanceof MoonpoolError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return error;
  const reason = FILE_REASONS[code] ?? 'cannot be used';
  return actionError(action, `${shown(path)} ${reason} (${code}).`, { details: { reason: code }, cause: error });
}

const FILE_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be used; check its permissions',
  EPERM: 'may not be used; check its permissions',
  EROFS: 'lies on a disk that may only be read',
  ELOOP: 'is a circle of links',
  ENAMETOOLONG: 'is no path',
  ENXIO: 'is not a regular file',
  EISDIR: 'is a folder',
};

/** The content in pieces, up to `maxBytes` and one more so that the reader notices. Ends when `signal` aborts. */
export async function* readChunks(file: FileHandle, maxBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let total = 0;
  while (total <= maxBytes) {
    signal.throwIfAborted();
    const size = Math.min(64 * 1024, maxBytes + 1 - total);
    const { bytesRead, buffer } = await file.read(new Uint8Array(size), 0, size, null);
    if (bytesRead === 0) return;
    total += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The whole content. @throws FLOW_ACTION when it is more than `maxBytes` */
export async function readWhole(
  action: string,
  path: string,
  opened: OpenFile,
  limits: { readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  if (opened.bytes <= limits.maxBytes) {
    for await (const chunk of readChunks(opened.file, limits.maxBytes, limits.signal)) {
      chunks.push(chunk);
      total += chunk.byteLength;
    }
  }
  if (opened.bytes > limits.maxBytes || total > limits.maxBytes) throw tooLarge(action, path, limits.maxBytes);
  return Buffer.concat(chunks, total);
}

/** The error for a file above its limit. */
export function tooLarge(action: string, path: string, maxBytes: number): MoonpoolError {
  return actionError(
    action,
    `${shown(path)} has more than ${maxBytes} bytes; raise max_bytes, or read it with as: blob.`,
  );
}
