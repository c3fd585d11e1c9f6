/**
 * Packs the current folder as `npm publish` would and checks what users get.
 *
 * The tarball goes to the folder named after `--keep`, else to one that is removed. publint
 * reads the tarball, not the checkout: a file that `files` forgets is missing there only. Last,
 * the tarball is used as a program would use it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { consumerProblems } from './packed-consumer.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

const NEEDED = ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', 'bin/moonpool.js', 'dist/cli/process.js'];
/** Tests of flows belong to the examples they explain. */
const UNWANTED = /(?:^|\/)(?:test|tests|scripts|\.ci)\/|\.test\.(?!yaml$)|^src\/|\.tsbuildinfo$|\.built$/;
/** Far above what it is, so that something large slipping in is noticed. */
const MAX_PACKED_BYTES = 4 * 1024 * 1024;

function pack(folder: string): Packed {
  const run = spawnSync('npm', ['pack', '--json', '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Scripts of the package may print before the JSON.
  const start = run.stdout.indexOf('[');
  if (run.status !== 0 || start === -1) throw new Error(`npm pack failed: ${run.stderr}`);
  return (JSON.parse(run.stdout.slice(start)) as [Packed])[0];
}

function contentProblems({ files, size }: Packed): string[] {
  const names = files.map((file) => file.path);
  const command = files.find((file) => file.path === 'bin/moonpool.js');
  return [
    ...NEEDED.filter((name) => !names.includes(name)).map((name) => `${name} is not in the package`),
    ...names.filter((name) => UNWANTED.test(name)).map((name) => `${name} does not belong in the package`),
    ...(command !== undefined && (command.mode & 0o111) === 0 ? ['bin/moonpool.js cannot be executed'] : []),
    ...(size > MAX_PACKED_BYTES ? [`the package is ${size} bytes, more than ${MAX_PACKED_BYTES}`] : []),
  ];
}

const keepAt = process.argv.indexOf('--keep');
const folder =
  keepAt === -1 ? mkdtempSync(path.join(tmpdir(), 'packed-')) : path.resolve(process.argv[keepAt + 1] ?? '.');
mkdirSync(folder, { recursive: true });
try {
  const packed = pack(folder);
  const tarball = readFileSync(path.join(folder, packed.filename));
  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(tarball).buffer },
    strict: true,
  });
  const problems = [
    ...contentProblems(packed),
    ...messages
      .filter((message) => message.type !== 'suggestion')
      .map((message) => formatMessage(message, pkg ?? {}, { color: false }) ?? message.code),
    ...consumerProblems(path.join(folder, packed.filename)),
  ];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(
    `package: ${packed.filename}, ${packed.files.length} files, ${Math.ceil(packed.size / 1024)} KiB, ${problems.length} problems\n`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  if (keepAt === -1) rmSync(folder, { recursive: true, force: true });
}
