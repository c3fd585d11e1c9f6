/**
 * Uses a packed package as a program in an empty folder would: Node imports every door of it,
 * and a strict compiler reads its types and the code of the documentation pages.
 *
 * Installs without a registry: the tarball is unpacked, its dependencies are linked from the
 * current folder. What the package needs and does not declare is therefore missing here too.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pageModuleOf } from '../test/docs/snippet.ts';

interface Manifest {
  readonly name: string;
  readonly exports?: string | Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Stricter than most programs are, and types of libraries are looked at too. */
const COMPILER = {
  compilerOptions: {
    ...{ target: 'ESNext', module: 'NodeNext', lib: ['ESNext'], types: ['node'], noEmit: true },
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
  },
  include: ['*.ts'],
};
const TIMEOUT_MS = 120_000;

/** What the names of its doors are to users: `moonpool/lua`. */
function doorsOf({ name, exports = {} }: Manifest): string[] {
  const subpaths = typeof exports === 'string' ? ['.'] : Object.keys(exports);
  return subpaths.filter((subpath) => !subpath.endsWith('.json')).map((subpath) => path.posix.join(name, subpath));
}

function unpack(tarball: string, manifest: Manifest, folder: string): void {
  const modules = path.join(folder, 'node_modules');
  const target = path.join(modules, manifest.name);
  mkdirSync(target, { recursive: true });
  spawnSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], { stdio: 'inherit' });
  for (const name of [...Object.keys(manifest.dependencies ?? {}), '@types/node']) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.resolve('node_modules', name), path.join(modules, name));
  }
}

/** Runs Node in `folder`; what it says when it fails. */
function nodeProblems(folder: string, what: string, args: readonly string[]): string[] {
  const run = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: TIMEOUT_MS });
  return run.status === 0 ? [] : [`${what}:\n${run.stdout}${run.stderr}`];
}

/** What keeps a program from using the package in `tarball`, whose manifest lies in the current folder. */
export function consumerProblems(tarball: string): string[] {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const doors = doorsOf(manifest);
  if (doors.length === 0) return [];
  const folder = mkdtempSync(path.join(tmpdir(), 'consumer-'));
  try {
    unpack(tarball, manifest, folder);
    writeFileSync(path.join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(COMPILER));
    const imports = doors.map((door, at) => `export * as door${at} from ${JSON.stringify(door)};\n`);
    writeFileSync(path.join(folder, 'doors.ts'), imports.join(''));
    for (const [at, page] of globSync(['*.md', 'docs/**/*.md']).sort().entries()) {
      const code = pageModuleOf(readFileSync(page, 'utf8'));
      if (code !== undefined) writeFileSync(path.join(folder, `page-${at}.ts`), `// ${page}\n${code}`);
    }
    const closed = doors.flatMap((door) =>
      nodeProblems(folder, `${door} cannot be imported`, [
        ...['--input-type=module', '-e', `await import(${JSON.stringify(door)})`],
      ]),
    );
    if (closed.length > 0) return closed;
    const compiler = path.resolve('node_modules', 'typescript', 'bin', 'tsc');
    return nodeProblems(folder, 'types of the package do not fit', [compiler, '-p', 'tsconfig.json']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
