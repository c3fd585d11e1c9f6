/**
 * Holds what a run showed against what its test expects. Pure.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import type { FlowResponse, RunEvent, RunOutcome, RunWaiting, WaitingFor } from '../engine/index.ts';
import { childOf, itemsOf, textOf, toJson, type YamlNode } from '../spec/index.ts';
import { type Difference, differencesOf, fits } from './difference.ts';
import type { FlowTest } from './test-file.ts';
import type { Observation } from './test-run.ts';

/** What of `test` does not hold, in the order of the expectations. */
export function judge(test: FlowTest, seen: Observation): readonly Difference[] {
  const { expect } = test;
  return [
    ...seen.differences,
    ...judgeOutcome(test, seen.outcome),
    ...judgePaths(expect, seen.events),
    ...judgeEvents(childOf(expect, 'events'), seen.events),
    ...judgeCalls(childOf(expect, 'calls'), seen),
  ];
}

/** The nodes that were started, in order, by branch; the main path under the empty name. */
export function pathsOf(events: readonly RunEvent[]): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, string[]>([['', []]]);
  for (const { event, node, branch = '' } of events) {
    if (event !== 'node.started' || node === undefined) continue;
    const path = paths.get(branch);
    if (path === undefined) paths.set(branch, [node]);
    else path.push(node);
  }
  return paths;
}

function judgeOutcome({ expect, at }: FlowTest, outcome: RunOutcome | RunWaiting): readonly Difference[] {
  const error = childOf(expect, 'error');
  const waiting = expectedWait(expect);
  const otherwise = (message: string): readonly Difference[] => [
    { at: (error ?? waiting)?.start ?? at, what: 'the run', message },
  ];
  switch (outcome.kind) {
    case 'failed':
    case 'cancelled':
      return error === undefined ? otherwise(failureText(outcome)) : judgeError(error, outcome);
    case 'waiting':
      if (error === undefined && waiting !== undefined) return judgeWaiting(waiting, outcome.waitingFor);
      return otherwise(waitingText(outcome.waitingFor));
    case 'succeeded':
      if (error !== undefined) return otherwise('The run succeeded and should fail.');
      if (waiting !== undefined) return otherwise('The run succeeded and should wait for somebody.');
      return judgeState(expect, outcome);
  }
}

function expectedWait(expect: YamlNode | undefined): YamlNode | undefined {
  const waiting = childOf(expect, 'waiting');
  return waiting?.kind === 'scalar' && waiting.value === false ? undefined : waiting;
}

function failureText(outcome: Extract<RunOutcome, { kind: 'failed' | 'cancelled' }>): string {
  const where = outcome.kind === 'failed' && outcome.node !== undefined ? ` at ${outcome.node}` : '';
  return `The run failed${where} with ${outcome.error.code}: ${outcome.error.message}`;
}

function waitingText(waitingFor: readonly WaitingFor[]): string {
  return `The run waits at ${waitingFor.map(({ node, when }) => `${node} (${when})`).join(', ')} and nothing more is given.`;
}

function judgeState(
  expect: YamlNode | undefined,
  outcome: Extract<RunOutcome, { kind: 'succeeded' }>,
): readonly Difference[] {
  const state = childOf(expect, 'state');
  const part = childOf(expect, 'state_has');
  const response = childOf(expect, 'response');
  const got = JSON.parse(new TextDecoder().decode(outcome.state)) as JsonObject;
  return [
    ...(state === undefined ? [] : differencesOf(state, got, { what: 'state', closeness: 'whole' })),
    ...(part === undefined ? [] : differencesOf(part, got, { what: 'state', closeness: 'part' })),
    ...(response === undefined
      ? []
      : differencesOf(response, responseOf(outcome.response), { what: 'response', closeness: 'part' })),
  ];
}

function responseOf(response: FlowResponse | undefined): JsonValue | undefined {
  if (response === undefined) return undefined;
  const { status, headers, body } = response;
  return { status, headers, body: isJsonText(response) ? (JSON.parse(body as string) as JsonValue) : body };
}

/** JSON that is sent as text is easier to expect as what it says. */
function isJsonText({ headers, body }: FlowResponse): boolean {
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  if (typeof body !== 'string' || !/^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return false;
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

function judgeError(
  expected: YamlNode,
  outcome: Extract<RunOutcome, { kind: 'failed' | 'cancelled' }>,
): readonly Difference[] {
  const { error } = outcome;
  const node = outcome.kind === 'failed' ? outcome.node : undefined;
  const has = childOf(expected, 'message_has');
  const found: Difference[] = [];
  for (const [name, got] of [
    ['code', error.code],
    ['node', node],
  ] as const) {
    const wanted = childOf(expected, name);
    if (wanted !== undefined) found.push(...differencesOf(wanted, got, { what: `error.${name}`, closeness: 'whole' }));
  }
  if (found.length > 0 && found.every(({ what }) => what === 'error.code')) {
    return found.map((difference) => ({ ...difference, got: `${error.code}: ${error.message}` }));
  }
  if (has !== undefined && !error.message.includes(textOf(has) ?? '')) {
    found.push({ at: has.start, what: 'error.message', expected: toJson(has), got: error.message });
  }
  return found;
}

function judgeWaiting(expected: YamlNode, waitingFor: readonly WaitingFor[]): readonly Difference[] {
  if (expected.kind === 'scalar') return [];
  const got = waitingFor.map((waiting): JsonValue => ({ ...waiting }));
  if (expected.kind === 'list') return differencesOf(expected, got, { what: 'waiting', closeness: 'part' });
  if (got.some((one) => fits(expected, one, 'part'))) return [];
  const [first = {}] = got;
  return differencesOf(expected, first, { what: 'waiting', closeness: 'part' });
}

function judgePaths(expect: YamlNode | undefined, events: readonly RunEvent[]): readonly Difference[] {
  const paths = pathsOf(events);
  const main = childOf(expect, 'path');
  const branches = childOf(expect, 'branches');
  const wanted: [string, string, YamlNode][] = main === undefined ? [] : [['path', '', main]];
  if (branches?.kind === 'map') {
    for (const { key, value } of branches.entries.values()) wanted.push([`branches.${key}`, key, value]);
  }
  return wanted.flatMap(([what, branch, list]) => {
    const got = paths.get(branch) ?? [];
    // One line with both lists says more than the first place at which they part.
    return fits(list, [...got], 'whole') ? [] : [{ at: list.start, what, expected: toJson(list), got: [...got] }];
  });
}

/** Expected events come in the order of the file, those of each branch by themselves. */
function judgeEvents(expected: YamlNode | undefined, events: readonly RunEvent[]): readonly Difference[] {
  const reached = new Map<string, number>();
  for (const [index, item] of itemsOf(expected).entries()) {
    const branch = textOf(childOf(item, 'branch')) ?? '';
    const from = reached.get(branch) ?? 0;
    const at = events.findIndex((event, place) => place >= from && fits(item, asJson(event), 'part'));
    if (at < 0) {
      const names = events.slice(from).map(({ event, node }) => (node === undefined ? event : `${event} ${node}`));
      const before = index === 0 ? '' : ' after the one before';
      const message = `No such event came${before}. What came: ${names.slice(0, 12).join(', ') || 'nothing more'}.`;
      return [{ at: item.start, what: `events[${index}]`, expected: toJson(item), message }];
    }
    reached.set(branch, at + 1);
  }
  return [];
}

function asJson(event: RunEvent): JsonObject {
  return { ...event };
}

function judgeCalls(expected: YamlNode | undefined, { calls }: Observation): readonly Difference[] {
  if (expected?.kind !== 'map') return [];
  return [...expected.entries.values()].flatMap(({ key, value }) => {
    const got = calls.filter(({ node }) => node === key).map((call) => call.with);
    return differencesOf(value, got, { what: `calls.${key}`, closeness: 'part' });
  });
}
