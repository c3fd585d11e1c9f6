#!/usr/bin/env node
/*
 * The command's door. Plain old JavaScript, so that an old Node reads it far enough to say
 * what is wrong in one sentence instead of a syntax error. Knows nothing of commands: those
 * live in dist/cli/process.js, which is imported only when this machine can run it.
 */
import { existsSync, realpathSync } from 'fs';
import { pathToFileURL, fileURLToPath } from 'url';

var OLDEST_MAJOR = 24;
var BITS_64 = ['x64', 'arm64', 'ppc64', 's390x', 'riscv64', 'loong64'];

/*
 * Why this machine cannot run Moonpool, as one sentence, or undefined when it can.
 * `version` as process.version, `arch` as process.arch.
 */
export function refusal(version, arch) {
  var major = Number(String(version).replace(/^v/, '').split('.')[0]);
  if (!(major >= OLDEST_MAJOR)) {
    return 'Moonpool needs Node ' + OLDEST_MAJOR + ' or newer and this is ' + version + '. Start it with a newer Node.';
  }
  if (BITS_64.indexOf(arch) === -1) {
    return 'Moonpool needs a 64-bit system and this Node is built for ' + arch + '. Install a 64-bit system and Node.';
  }
  return undefined;
}

function refuse(sentence) {
  process.stderr.write('error CLI_MACHINE: ' + sentence + '\n');
  process.exitCode = 3;
}

function start() {
  var reason = refusal(process.version, process.arch);
  if (reason !== undefined) {
    refuse(reason);
    return;
  }
  var main = new URL('../dist/cli/process.js', import.meta.url);
  if (!existsSync(fileURLToPath(main))) {
    refuse('Moonpool is not built: ' + fileURLToPath(main) + ' is missing. Run npm run build.');
    return;
  }
  import(main.href)
    .then(function (cli) {
      return cli.runCli();
    })
    .catch(function (error) {
      process.stderr.write('error BUG_INVARIANT: ' + (error && error.message) + '. Please report it.\n');
      process.exitCode = 1;
    });
}

/* Imported by its test, this file starts nothing. */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) start();
