/*
 * Adds to package-lock.json the packages for other systems that npm left out.
 *
 * Tools ship one optional package per system. A registry that does not serve the ones for other
 * systems makes npm drop them from the lock file, and `npm ci` then refuses that lock file as
 * incomplete. Each is added with its exact version and its system, so npm knows to skip it here
 * and to fetch it there. Run it after `npm install`; --check only tells (exit 1).
 */
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
/** Processors by how package names write them. */
const PROCESSORS = [
  [/\barm64\b/, 'arm64'],
  [/\b(?:x64|amd64)\b/, 'x64'],
  [/\b(?:arm|armv7)\b/, 'arm'],
  [/\bppc64\b/, 'ppc64'],
  [/\briscv64\b/, 'riscv64'],
  [/\bs390x\b/, 's390x'],
  [/\bia32\b/, 'ia32'],
  [/\bloong64\b/, 'loong64'],
  [/\bwasm32\b/, 'wasm32'],
];

/** Which system the package `name` is for, by its name; undefined when the name does not say. */
export function systemOf(name) {
  const os = SYSTEMS.find((system) => name.includes(system));
  const cpu = PROCESSORS.find(([pattern]) => pattern.test(name))?.[1];
  if (os === undefined || cpu === undefined) return undefined;
  const libc = os !== 'linux' ? undefined : /musl/.test(name) ? 'musl' : /gnu/.test(name) ? 'glibc' : undefined;
  return { os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) };
}

/** The optional packages that `lock` names without having them, as entries to add. */
export function missingEntries(lock) {
  const entries = {};
  for (const [owner, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const places = [`${owner}/node_modules/${name}`, `node_modules/${name}`];
      if (places.some((place) => lock.packages[place] !== undefined)) continue;
      const system = systemOf(name);
      if (system === undefined || !/^\d/.test(version)) {
        throw new Error(
          `${owner} wants ${name}@${version}, which the lock file lacks. Say here which system it is for.`,
        );
      }
      // The keys in npm's own order.
      const { os, cpu, libc } = system;
      entries[`node_modules/${name}`] = {
        version,
        cpu,
        ...(dev && { dev }),
        ...(libc && { libc }),
        optional: true,
        os,
      };
    }
  }
  return entries;
}

function main() {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const missing = missingEntries(lock);
  const names = Object.keys(missing);
  for (const name of names) process.stderr.write(`package-lock.json lacks ${name}\n`);
  if (process.argv.includes('--check')) {
    if (names.length > 0) process.exitCode = 1;
    return;
  }
  // npm's own order: by name, as its collation sorts.
  const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(
    'package-lock.json',
    `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`,
  );
}

if (import.meta.filename === process.argv[1]) main();
