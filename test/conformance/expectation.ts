/**
 * Holds what the doors told of a case against each other and against what the case expects.
 */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type JsonValue } from '../../src/core/index.ts';
import type { RunEvent } from '../../src/engine/index.ts';
import type { ExpectedEvent, ExpectedProblem, NamedCase } from './case-file.ts';
import { type Door, eventsByBranch, lastingText, type Rest, type RunTold } from './doors/door.ts';

/** What one door told. */
export interface DoorTold {
  readonly door: Pick<Door, 'name' | 'canGive'>;
  readonly told: RunTold;
}

/**
 * Asserts that all doors told the same.
 *
 * A door that gives nothing to waiting runs tells the beginning. A run refused for its input tells
 * its code: there is no run over HTTP, so no events.
 */
export function assertSame(all: readonly DoorTold[], isQuiet = false): void {
  const [first, ...others] = all;
  if (first === undefined) throw new Error('no door takes the case');
  for (const { door, told } of others) {
    const between: string = `${first.door.name} and ${door.name}`;
    const isShort: boolean = !door.canGive && told.rests.length < first.told.rests.length;
    const rests: readonly Rest[] = isShort ? first.told.rests.slice(0, told.rests.length) : first.told.rests;
    assert.deepEqual(told.warnings, first.told.warnings, `warnings differ between ${between}`);
    assert.deepEqual(told.rests.map(restText), rests.map(restText), `${between} differ`);
    if (isQuiet || told.rests.some(isRefused)) continue;
    if (!isShort) assert.deepEqual(told.refusals, first.told.refusals, `refusals differ between ${between}`);
    assertSameEvents(told.events, first.told.events, { isShort, between });
  }
}

function assertSameEvents(
  told: readonly RunEvent[],
  all: readonly RunEvent[],
  { isShort, between }: { readonly isShort: boolean; readonly between: string },
): void {
  const ours = eventsByBranch(told);
  const theirs = eventsByBranch(all);
  if (!isShort)
    assert.deepEqual(Object.keys(ours).toSorted(), Object.keys(theirs).toSorted(), `branches of ${between}`);
  for (const [branch, events] of Object.entries(ours)) {
    const expected = isShort ? theirs[branch]?.slice(0, events.length) : theirs[branch];
    assert.deepEqual(
      events,
      expected,
      `events of ${branch === '' ? 'the main path' : branch} differ between ${between}`,
    );
  }
}

function restText(rest: Rest): string {
  return isRefused(rest) ? 'FLOW_INPUT' : lastingText(rest);
}

function isRefused(rest: Rest): boolean {
  return rest.kind === 'failed' && rest.error.code === 'FLOW_INPUT';
}

/** Asserts that a run came out as the case says. */
export function assertExpected(one: NamedCase, told: RunTold): void {
  const last = told.rests.at(-1);
  const shown = JSON.stringify(told.rests);
  if (one.waiting !== undefined) assertWaiting(one, told.rests[0]);
  if (one.give !== undefined) {
    assert.deepEqual(
      told.refusals,
      one.give.map(({ refused }) => refused),
      `gifts were refused otherwise: ${shown}`,
    );
  }
  if (one.error !== undefined) assertFailed(one, told);
  if (one.state !== undefined) {
    assert.equal(last?.kind, 'succeeded', shown);
    if (last?.kind === 'succeeded') assertLike(last.state, one.state);
  }
  for (const [key, value] of Object.entries(one.state_has ?? {})) {
    assert.equal(last?.kind, 'succeeded', shown);
    if (last?.kind === 'succeeded') assertLike(last.state[key] ?? null, value);
  }
  assertPath(one, told);
  assertEvents(one.events ?? [], told.events);
  assertProblems(one.warnings ?? [], told.warnings);
}

/** Asserts that two values are the same but for what differs from run to run. */
function assertLike(value: JsonValue, expected: JsonValue): void {
  assert.deepEqual(JSON.parse(lastingText(value)), JSON.parse(lastingText(expected)));
}

function assertWaiting(one: NamedCase, rest: Rest | undefined): void {
  assert.equal(rest?.kind, 'waiting', JSON.stringify(rest));
  const asked = rest?.kind === 'waiting' ? rest.asked : [];
  const expected = one.waiting ?? [];
  assert.equal(asked.length, expected.length, JSON.stringify(asked));
  for (const [at, part] of expected.entries())
    assert.ok(isPart(part as unknown as JsonValue, asked[at]), JSON.stringify(asked));
}

function assertFailed(one: NamedCase, told: RunTold): void {
  const last = told.rests.at(-1);
  assert.equal(last?.kind, 'failed', JSON.stringify(last));
  if (last?.kind !== 'failed') return;
  const { code, node, text = '' } = one.error ?? { code: '' };
  assert.equal(last.error.code, code, last.error.message);
  assert.ok(last.error.message.includes(text), `"${last.error.message}" does not say "${text}"`);
  if (node !== undefined) assert.equal(told.failedNode, node);
}

function assertPath(one: NamedCase, told: RunTold): void {
  if (one.path === undefined) return;
  const expected = Array.isArray(one.path) ? { '': one.path as readonly string[] } : one.path;
  for (const [branch, nodes] of Object.entries(expected)) {
    const started = told.events.filter((event) => event.event === 'node.started' && (event.branch ?? '') === branch);
    assert.deepEqual(
      started.map(({ node }) => node),
      nodes,
      `path of ${branch === '' ? 'the main path' : branch}`,
    );
  }
}

/** Each expected event is there, behind the one expected before it in the same branch. */
function assertEvents(expected: readonly ExpectedEvent[], events: readonly RunEvent[]): void {
  const seen = new Map<string, number>();
  for (const { branch = '', ...wanted } of expected) {
    const from = seen.get(branch) ?? 0;
    const at = events.findIndex(
      (event, index) =>
        index >= from && (event.branch ?? '') === branch && isPart(wanted as unknown as JsonValue, event),
    );
    assert.ok(at >= 0, `no event ${JSON.stringify(wanted)} in ${branch}: ${lastingText(events)}`);
    seen.set(branch, at + 1);
  }
}

/** Asserts that `lines` are the problems expected, in order, and no others. */
export function assertProblems(expected: readonly ExpectedProblem[], lines: readonly string[]): void {
  assert.equal(lines.length, expected.length, `expected ${expected.length} problems:\n${lines.join('\n')}`);
  for (const [at, { code, line, column, text = '' }] of expected.entries()) {
    const found = lines[at] ?? '';
    const place = /^[^:]*:(?<line>\d+):(?<column>\d+): \w+ (?<code>[A-Z_]+): /.exec(found)?.groups ?? {};
    assert.equal(place['code'], code, found);
    if (line !== undefined) assert.equal(Number(place['line']), line, found);
    if (column !== undefined) assert.equal(Number(place['column']), column, found);
    assert.ok(found.includes(text), `"${found}" does not say "${text}"`);
  }
}

/** Whether `value` has all that `part` has, objects all the way down. */
export function isPart(part: JsonValue, value: unknown): boolean {
  if (!isJsonObject(part)) return isDeepStrictEqual(part, value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(part).every(([key, inner]) => isPart(inner, (value as Record<string, unknown>)[key]));
}
