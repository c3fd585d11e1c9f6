/**
 * `settings` and `schedule` of a checked file as values, and whether the configuration's variables fit.
 */
import { isZone, type JsonObject } from '../core/index.ts';
import type { FlowSettings, Schedule } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { countOf, durationOf, sizeOf } from './limited-value.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { readRateLimiters } from './rate-limiter-reader.ts';
import { childOf, flagOf, textOf, toJsonObject, type YamlNode } from './yaml-tree.ts';

const DEFAULT_MAX_STEPS = 10_000;

/** The settings, complete where the language has a default. */
export function readSettings(check: FlowCheck, node: YamlNode | undefined): FlowSettings {
  const { limits } = check;
  const lua = childOf(node, 'lua');
  const scope = textOf(childOf(lua, 'scope'));
  const maxSteps = countOf(check, childOf(node, 'max_steps'), limits.maxSteps);
  return present({
    lua: present({
      timeoutMs: durationOf(check, childOf(lua, 'timeout'), limits.luaTimeoutMs),
      memoryBytes: sizeOf(check, childOf(lua, 'memory'), limits.luaMemoryBytes),
      scope: scope === 'branch' || scope === 'node' ? scope : undefined,
      instructions: countOf(check, childOf(lua, 'instructions')),
    }),
    timeoutMs: durationOf(check, childOf(node, 'timeout'), limits.timeoutMs),
    rateLimiters: readRateLimiters(check, childOf(node, 'rate_limiters')),
    maxSteps: maxSteps ?? Math.min(DEFAULT_MAX_STEPS, limits.maxSteps ?? DEFAULT_MAX_STEPS),
  });
}

/** `settings` as expressions see it: everything the file has there but secrets. */
export function readSettingsScope(node: YamlNode | undefined): JsonObject | undefined {
  if (node === undefined) return undefined;
  const { secrets: _, ...scope } = toJsonObject(node);
  return scope;
}

/** The schedule; undefined when there is none. */
export function readSchedule(check: FlowCheck, node: YamlNode | undefined): Schedule | undefined {
  if (node?.kind !== 'map') return undefined;
  const cron = textOf(childOf(node, 'cron'));
  const zone = textOf(childOf(node, 'zone')) ?? 'UTC';
  const atStart = flagOf(childOf(node, 'at_start')) ?? false;
  if (cron === undefined && !atStart) {
    const message = '`schedule` needs `cron`, or `at_start: true`.';
    check.problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  }
  checkTimes(check, node, { cron, zone });
  const overlap = textOf(childOf(node, 'overlap')) === 'queue' ? 'queue' : 'skip';
  return present({ cron, zone, atStart, overlap });
}

function checkTimes(
  check: FlowCheck,
  node: YamlNode,
  { cron, zone }: { readonly cron: string | undefined; readonly zone: string },
): void {
  const at = (key: string): number => childOf(node, key)?.start ?? node.start;
  if (!isZone(zone)) {
    const message = `There is no time zone ${quote(zone)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at: at('zone'), message, hint: 'Use a name like Europe/Berlin.' });
  }
  // The pattern is looked at all the same: whoever mends the zone should not find out only then.
  const message = cron === undefined ? undefined : check.checkCron?.(cron, isZone(zone) ? zone : 'UTC');
  if (message !== undefined) check.problems.add({ code: 'SPEC_INVALID', at: at('cron'), message });
}

/** Reports variables that the configuration sets and the flow does not have. */
export function checkVariables(
  check: FlowCheck,
  node: YamlNode,
  values: { readonly variables: JsonObject; readonly overrides: JsonObject },
): void {
  for (const name of Object.keys(values.overrides)) {
    if (Object.hasOwn(values.variables, name)) continue;
    const hint = check.problems.suggest(name, Object.keys(values.variables));
    const message = `The configuration sets the variable ${quote(name)}, which the flow does not have.`;
    check.problems.add({
      code: 'SPEC_UNKNOWN_KEY',
      at: node.start,
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
