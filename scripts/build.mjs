/*
 * Builds dist/ from src/: the compiler's output plus the files that are not TypeScript.
 *
 * Plain JavaScript, because the bootstrap imports it under the machine's own Node; the compiler
 * itself always runs under the pinned one. Builds beside and swaps in at the end, so a failed
 * build leaves the old dist/ alone. dist/.built is written last and says "complete".
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const STAMP = '.built';

/** True for files that the build copies or compiles; tests are neither. */
function isInput(name) {
  return !name.endsWith('.test.ts');
}

/** Every file and folder under `folder`, with its times. Folders count too: a removed file changes only its folder. */
function* walk(folder) {
  yield folder;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (isInput(entry.name)) yield path;
  }
}

/** True when dist/ is complete and nothing it was built from changed since. */
export function isBuilt(root) {
  const stamp = join(root, 'dist', STAMP);
  if (!existsSync(stamp)) return false;
  const builtAtMs = statSync(stamp).mtimeMs;
  const settings = ['package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => join(root, name));
  return [...settings, ...walk(join(root, 'src'))].every((path) => statSync(path).mtimeMs <= builtAtMs);
}

/** Removes what builds that were ended half-way left beside dist/. */
function removeLeftovers(root) {
  for (const name of readdirSync(root)) {
    const pid = Number(/^dist\.(\d+)(?:\.old)?$/.exec(name)?.[1] ?? 0);
    if (pid === 0) continue;
    try {
      // Asks whether the process lives; sends nothing.
      process.kill(pid, 0);
    } catch {
      rmSync(join(root, name), { recursive: true, force: true });
    }
  }
}

/**
 * Builds; false when the compiler found errors, which are then on stderr.
 *
 * Without `checkTypes` it only translates, several times faster: enough to run, since types
 * have no effect and `npm run check` looks at them.
 */
export function build(root, { checkTypes }) {
  removeLeftovers(root);
  // Taken before compiling: a file saved meanwhile makes the next look build again.
  const startedAt = new Date();
  const next = join(root, `dist.${process.pid}`);
  const compiler = JSON.parse(readFileSync(join(root, 'node_modules', 'typescript', 'package.json'), 'utf8')).bin.tsc;
  try {
    const done = spawnSync(
      join(root, 'node_modules', '.bin', 'node'),
      [
        join(root, 'node_modules', 'typescript', compiler),
        ...['-p', 'tsconfig.build.json', '--outDir', next],
        ...(checkTypes ? [] : ['--noCheck', '--declaration', 'false']),
      ],
      { cwd: root, stdio: ['ignore', 2, 2] },
    );
    if (done.status !== 0) {
      process.stderr.write('The build failed: src/ does not compile.\n');
      return false;
    }
    cpSync(join(root, 'src'), next, { recursive: true, filter: (from) => !from.endsWith('.ts') });
    writeFileSync(join(next, STAMP), `${startedAt.toISOString()}\n`);
    utimesSync(join(next, STAMP), startedAt, startedAt);
    const old = join(root, `dist.${process.pid}.old`);
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), old);
    renameSync(next, join(root, 'dist'));
    rmSync(old, { recursive: true, force: true });
    return true;
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!build(dirname(dirname(fileURLToPath(import.meta.url))), { checkTypes: true })) process.exitCode = 1;
}
