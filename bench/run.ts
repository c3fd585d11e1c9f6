/**
 * `npm run bench [-- GROUP… --json]`: runs benchmark groups one after the other and prints what they found.
 *
 * Exits 0 also when a bar is missed (a miss is a result), 2 for an unknown group, 3 when the
 * peers are not installed, 1 when a contestant answered wrongly.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Group, GroupResult } from './group.ts';
import { idle } from './idle.bench.ts';
import { luaCompute } from './lua-compute.bench.ts';
import { luaFresh } from './lua-fresh.bench.ts';
import { luaLimits } from './lua-limits.bench.ts';
import { luaNode } from './lua-node.bench.ts';
import { luaPark } from './lua-park.bench.ts';
import { start } from './start.bench.ts';
import { validate } from './validate.bench.ts';

const groups: readonly Group[] = [luaFresh, luaNode, luaCompute, luaPark, luaLimits, validate, idle, start];

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function installPeers(): boolean {
  const here = fileURLToPath(new URL('.', import.meta.url));
  if (existsSync(`${here}node_modules/.package-lock.json`)) return true;
  say('bench: installing the peers (npm ci in bench/)');
  return (
    spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: here, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  );
}

function printResult(result: GroupResult): void {
  const number = (value: number): string => value.toFixed(value < 10 ? 2 : 1).padStart(9);
  const lines = [`\n## ${result.name}: ${result.question}\n`];
  for (const row of result.rows) {
    const { contestant, metric, median, low, high, unit } = row;
    lines.push(
      `${contestant.padEnd(22)} ${metric.padEnd(16)} ${number(median)} ${unit}  (${number(low)} –${number(high)})`,
    );
  }
  for (const bar of result.bars) {
    lines.push(`${bar.met ? 'met   ' : 'MISSED'} ${bar.claim}: ${number(bar.value).trim()} (limit ${bar.limit})`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

const asked = process.argv.slice(2).filter((word) => word !== '--json');
const wantsJson = process.argv.includes('--json');
const unknown = asked.filter((name) => !groups.some((group) => group.name === name));
if (unknown.length > 0) {
  say(`bench: unknown group ${unknown.join(', ')}. Groups: ${groups.map((group) => group.name).join(', ')}.`);
  process.exit(2);
}
if (!installPeers()) {
  say('bench: the peers could not be installed, so there is nothing to compare with.');
  process.exit(3);
}
const chosen = asked.length === 0 ? groups : groups.filter((group) => asked.includes(group.name));
say(
  `machine: ${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
const results: GroupResult[] = [];
for (const group of chosen) {
  const { rows, bars } = await group.run(say);
  const result = { name: group.name, question: group.question, rows, bars };
  results.push(result);
  if (!wantsJson) printResult(result);
}
if (wantsJson) process.stdout.write(`${JSON.stringify({ groups: results }, undefined, 2)}\n`);
