/**
 * The data folder: who owns it, and the few files that belong to the installation itself.
 *
 * Ownership is a Unix socket that the living owner listens on: it vanishes with the process,
 * also after `kill -9`, so a stale lock cannot keep anyone out.
 */
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MoonpoolError, randomHex, sha256Hex } from '../core/index.ts';

/** Unix socket paths are cut at about 104 bytes; a longer folder name moves the socket elsewhere. */
const MAX_SOCKET_PATH_BYTES = 100;

/** An owned data folder. */
export interface DataFolder extends AsyncDisposable {
  readonly directory: string;
  /** Secret of this installation from which the Lua hash seed is made. */
  readonly salt: string;
  /** Bearer token of routes that ask for one, made at first use; in `admin.token`, for its owner's eyes. */
  readonly token: string;
}

/**
 * Makes the folder if need be and takes ownership of it.
 *
 * @throws STORE_LOCKED when a living process owns it
 * @throws CLI_MACHINE when it cannot be written
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const directory = resolve(path);
  try {
    await makeFolder(directory);
  } catch (error) {
    throw cannotWrite(directory, error);
  }
  const lock = await takeLock(directory);
  try {
    const salt = await readOrMakeSecret(join(directory, 'salt'));
    const token = await readOrMakeSecret(join(directory, 'admin.token'));
    return {
      ...{ directory, salt, token },
      async [Symbol.asyncDispose]() {
        await closeServer(lock);
      },
    };
  } catch (error) {
    await closeServer(lock);
    throw cannotWrite(directory, error);
  }
}

function cannotWrite(directory: string, cause: unknown): MoonpoolError {
  const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
  const message = `The data folder ${directory} cannot be written (${reason}). Choose another with --data DIR.`;
  return new MoonpoolError('CLI_MACHINE', message, { cause });
}

/** As `mkdir -p` does it; the platform's own never returns where no folder can be made, as below /proc. */
async function makeFolder(path: string): Promise<void> {
  const options = { mode: 0o700 };
  try {
    await mkdir(path, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, options);
  }
}

function socketPath(directory: string): string {
  const inside = join(directory, 'owner.sock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES) return inside;
  return join(tmpdir(), `moonpool-${sha256Hex(directory).slice(0, 24)}.sock`);
}

async function takeLock(directory: string): Promise<Server> {
  const path = socketPath(directory);
  const first = await listen(path);
  if (first !== undefined) return first;
  if (!(await isAnswered(path))) {
    // Nobody listens any more: the owner was killed. Its socket file is all that is left.
    try {
      await clearStaleSocket(path);
    } catch (error) {
      throw cannotWrite(directory, error);
    }
    const second = await listen(path);
    if (second !== undefined) return second;
  }
  const message = `The data folder ${directory} belongs to a running moonpool. Stop it, or choose another with --data DIR.`;
  throw new MoonpoolError('STORE_LOCKED', message);
}

/** Removes the socket of a dead owner, but not that of one who took over since we looked. */
async function clearStaleSocket(path: string): Promise<void> {
  const aside = `${path}.${randomHex(4)}`;
  try {
    await rename(path, aside);
    if (await isAnswered(aside)) await rename(aside, path);
    else await rm(aside);
  } catch (error) {
    // Somebody else moved it first: whoever listens next is the owner.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((settle, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') settle(undefined);
      else reject(cannotWrite(path, error));
    });
    server.listen(path, () => {
      server.unref();
      settle(server);
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      settle(true);
    });
    socket.once('error', () => settle(false));
  });
}

function closeServer(server: Server): Promise<void> {
  const address: AddressInfo | string | null = server.address();
  return new Promise((settle) => {
    if (address === null) settle();
    else server.close(() => settle());
  });
}

/** The secret in `path`, made at first use; whole or not there at all. */
async function readOrMakeSecret(path: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    if (/^[0-9a-f]{32}$/.test(text)) return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomHex(16);
  const draft = `${path}.new`;
  await using file = await open(draft, 'w', 0o600);
  await file.writeFile(`${secret}\n`);
  await file.sync();
  await rename(draft, path);
  await chmod(path, 0o600);
  return secret;
}
