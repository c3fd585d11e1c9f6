/**
 * The values of the configured secrets, read once at start: from the environment as it was then, and
 * from files. Only who runs flows reads them.
 */
import { open, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigError, type OptionProblem } from '../core/index.ts';
import {
  createSecrets,
  MAX_SECRET_LENGTH,
  MIN_SECRET_LENGTH,
  type SecretEntry,
  type Secrets,
} from '../secrets/index.ts';
import type { LoadedConfig } from './config.ts';

/** What there is of secrets, and where it lies. */
export interface LoadedSecrets {
  readonly secrets: Secrets;
  /** Files and folders that no flow may open. */
  readonly paths: readonly string[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
/** Files of `files.secrets_folder` that are taken. */
const MAX_FILES = 64;
/** Four bytes for each character at most, and one more to see that there are too many. */
const MAX_FILE_BYTES = 4 * MAX_SECRET_LENGTH + 1;

/**
 * The secrets that `config` names.
 *
 * One that is not there is known as missing: the runs that use it say so.
 *
 * @throws CONFIG_INVALID for values that are too short to be struck out safely, or too long; never shows one
 */
export async function loadSecrets(config: LoadedConfig): Promise<LoadedSecrets> {
  const base = config.file === undefined ? '.' : dirname(config.file);
  const found: Found[] = [];
  const paths: string[] = [];
  for (const { name, from, ...rest } of config.secretSources) {
    if (from.kind === 'env') {
      const value = config.secretVariable(from.variable);
      const missing =
        value === undefined || value === '' ? `the environment variable ${from.variable} is not set` : undefined;
      found.push({
        name,
        at: `secrets.${name}.env`,
        ...rest,
        ...(missing === undefined ? { value: value ?? '' } : { missing }),
      });
    } else {
      const path = resolve(base, from.path);
      paths.push(path);
      found.push({
        name,
        at: `secrets.${name}.file`,
        ...rest,
        ...(await readSecret(path, `the file that secrets.${name}.file names`)),
      });
    }
  }
  const folder = config.options.files.secretsFolder;
  if (folder !== '') {
    const path = resolve(base, folder);
    paths.push(path);
    const known = new Set(found.map(({ name }) => name));
    found.push(...(await readFolder(path)).filter(({ name }) => !known.has(name)));
  }
  const problems = found.flatMap(lengthProblem);
  if (problems.length > 0) throw new ConfigError(problems);
  return { secrets: createSecrets(found), paths };
}

interface Found extends SecretEntry {
  /** The option that names it. */
  readonly at: string;
}

/** Containers mount secrets as links to files, and put hidden folders beside them. */
async function readFolder(folder: string): Promise<readonly Found[]> {
  const at = 'files.secrets_folder';
  const names = await readdir(folder).catch((error: unknown) => {
    throw new ConfigError([{ path: at, message: `the folder cannot be read (${codeOf(error)})` }]);
  });
  const taken = names.filter((name) => NAME.test(name)).toSorted();
  if (taken.length > MAX_FILES) {
    throw new ConfigError([
      { path: at, message: `the folder holds ${taken.length} files; at most ${MAX_FILES} are taken` },
    ]);
  }
  return Promise.all(
    taken.map(async (name) => ({
      name,
      at,
      ...(await readSecret(join(folder, name), `its file in files.secrets_folder`)),
    })),
  );
}

async function readSecret(path: string, what: string): Promise<Pick<SecretEntry, 'value' | 'missing'>> {
  try {
    await using file = await open(path, 'r');
    if (!(await file.stat()).isFile()) return { missing: `${what} is no file` };
    const buffer = new Uint8Array(MAX_FILE_BYTES);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
    // Editors and echo end a file with a line end that is no part of the value.
    const value = text.replace(/\r?\n$/, '');
    return value === '' ? { missing: `${what} is empty` } : { value };
  } catch (error) {
    return {
      missing: error instanceof TypeError ? `${what} is not UTF-8 text` : `${what} cannot be read (${codeOf(error)})`,
    };
  }
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? 'unknown reason';
}

function lengthProblem({ name, at, value }: Found): readonly OptionProblem[] {
  if (value === undefined) return [];
  if (value.length < MIN_SECRET_LENGTH) {
    const message = `the secret ${name} is shorter than ${MIN_SECRET_LENGTH} characters; so short a text cannot be told from data in results`;
    return [{ path: at, message }];
  }
  if (value.length <= MAX_SECRET_LENGTH) return [];
  return [{ path: at, message: `the secret ${name} is longer than ${MAX_SECRET_LENGTH} characters` }];
}
