/*
 * Makes a checkout ready: installs what the lock file names, and with --build builds dist/.
 *
 * Plain JavaScript for the machine's own Node (18 or newer): it runs before the pinned one is
 * there. Does nothing, in a few milliseconds, when all is in place. Talks on stderr only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isBuilt } from './build.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The parsed JSON file, or undefined when it is missing or damaged. */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Why an install is needed, or undefined when node_modules holds what the lock file names.
 *
 * Compares contents, not times: a fresh checkout and `git switch` touch the lock file without
 * changing it. npm writes its own record last, so a broken install has none.
 */
export function whyInstall(root) {
  const wanted = readJson(join(root, 'package-lock.json'));
  const found = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (found === undefined) return 'node_modules is missing';
  if (!existsSync(join(root, 'node_modules', '.bin', 'node'))) return 'the pinned Node is missing';
  for (const [name, entry] of Object.entries(wanted?.packages ?? {})) {
    // Parts for other systems are optional and stay away.
    if (name === '' || entry.optional) continue;
    if (found.packages[name]?.version !== entry.version) return `${name} is not at ${entry.version}`;
  }
  return undefined;
}

/** Runs `npm ci` with the npm that started us, else the one on the PATH. Its talk goes to stderr. */
function install(root) {
  const npm = process.env.npm_execpath;
  const byNode = npm !== undefined && /\.[cm]?js$/.test(npm);
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // The Node that runs npm, not process.execPath: that may be the pinned one, which `npm ci` removes first.
  const node = process.env.npm_node_execpath ?? process.execPath;
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  return byNode ? spawnSync(node, [npm, ...args], options) : spawnSync('npm', args, options);
}

function main() {
  const why = whyInstall(ROOT);
  if (why !== undefined) {
    process.stderr.write(`Installing packages (${why}) …\n`);
    install(ROOT);
    const still = whyInstall(ROOT);
    if (still !== undefined) {
      process.stderr.write(
        `error CLI_MACHINE: npm ci did not install everything: ${still}. Read what npm printed above.\n`,
      );
      process.exit(3);
    }
  }
  if (process.argv.includes('--build') && !isBuilt(ROOT)) {
    process.stderr.write('Building dist/ …\n');
    if (!build(ROOT, { checkTypes: false })) process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
