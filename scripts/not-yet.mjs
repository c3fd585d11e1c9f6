/*
 * Stands in for a kind of test that cannot run: says what is missing and exits 3, never 0,
 * so nobody reads its silence as a pass. A kind leaves this table when its tests arrive.
 */
const LACKS = {
  'test:browser': 'there are no browser tests yet; they will need Chromium, which npm does not install',
  'test:chaos': 'there are no chaos tests yet; they will kill a server at named points',
  'test:crash': 'there are no crash tests yet; they will need a store that survives a power cut',
  'test:device': 'there are no device tests yet; they will need a Raspberry Pi Zero 2 W',
};

const name = process.argv[2];
process.stderr.write(`error CLI_MACHINE: ${name} cannot run: ${LACKS[name] ?? 'no such kind of test is known'}.\n`);
process.exit(3);
