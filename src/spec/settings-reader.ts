/**
 * `settings`, `endpoint` and `schedule` of a checked file as values; durations and sizes in numbers.
 *
 * What asks for more than the configuration allows is cut to it, with a warning.
 */
import { formatDuration, formatSize, isZone, type JsonObject, parseDurationMs, parseSizeBytes } from '../core/index.ts';
import type { Endpoint, FlowSettings, Parameter, ParallelRoute, Schedule } from './flow.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import { childOf, flagOf, textOf, toJson, type YamlNode } from './yaml-tree.ts';

const DEFAULT_MAX_STEPS = 10_000;

function scalarOf(node: YamlNode | undefined): unknown {
  return node?.kind === 'scalar' ? node.value : undefined;
}

function numberOf(node: YamlNode | undefined): number | undefined {
  const value = scalarOf(node);
  return typeof value === 'number' ? value : undefined;
}

/** `value` cut to `limit`, with a warning at `node` when that changes it. */
function cut(
  check: FlowCheck,
  node: YamlNode | undefined,
  value: number | undefined,
  limit: { readonly most: number | undefined; readonly format: (value: number) => string },
): number | undefined {
  if (node === undefined || value === undefined || limit.most === undefined || value <= limit.most) return value;
  const message = `${limit.format(value)} is more than the configuration allows; ${limit.format(limit.most)} counts.`;
  check.problems.add({ code: 'SPEC_LIMIT', severity: 'warning', at: node.start, message });
  return limit.most;
}

/** The settings, complete where the language has a default. */
export function readSettings(check: FlowCheck, node: YamlNode | undefined): FlowSettings {
  const lua = childOf(node, 'lua');
  const { limits } = check;
  const duration = (at: YamlNode | undefined, most: number | undefined): number | undefined =>
    cut(check, at, parseDurationMs(scalarOf(at)), { most, format: formatDuration });
  const timeoutMs = duration(childOf(node, 'timeout'), limits.timeoutMs);
  const luaTimeoutMs = duration(childOf(lua, 'timeout'), limits.luaTimeoutMs);
  const memory = childOf(lua, 'memory');
  const memoryBytes = cut(check, memory, parseSizeBytes(scalarOf(memory)), {
    most: limits.luaMemoryBytes,
    format: formatSize,
  });
  const scope = textOf(childOf(lua, 'scope'));
  const steps = childOf(node, 'max_steps');
  const maxSteps = cut(check, steps, numberOf(steps), { most: limits.maxSteps, format: (count) => `${count} steps` });
  return {
    lua: {
      ...(luaTimeoutMs === undefined ? {} : { timeoutMs: luaTimeoutMs }),
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(scope === 'branch' || scope === 'node' ? { scope } : {}),
    },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    maxSteps: maxSteps ?? Math.min(DEFAULT_MAX_STEPS, limits.maxSteps ?? DEFAULT_MAX_STEPS),
  };
}

/** `settings.parallel.on_error`. */
export function readParallelOnError(node: YamlNode | undefined): ParallelRoute['onError'] {
  return textOf(childOf(childOf(node, 'parallel'), 'on_error')) === 'collect' ? 'collect' : 'fail';
}

/** The endpoint; undefined when there is none or its path cannot be used. */
export function readEndpoint(check: FlowCheck, node: YamlNode | undefined): Endpoint | undefined {
  const pathNode = childOf(node, 'path');
  const path = textOf(pathNode);
  if (pathNode === undefined || path === undefined) return undefined;
  const inPath = readPathNames(check, path, pathNode.start);
  const declared = readParameters(check, childOf(node, 'path_params'));
  for (const { name } of declared) {
    if (inPath.includes(name)) continue;
    const entry = childOf(node, 'path_params');
    const at = entry?.kind === 'map' ? (entry.entries.get(name)?.keyStart ?? entry.start) : pathNode.start;
    const message = `The path ${quote(path)} has no ${quote(`{${name}}`)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Put it into the path, or remove it here.' });
  }
  const pathParams = inPath.map(
    (name) =>
      declared.find((parameter) => parameter.name === name) ?? { name, type: 'string', required: true, mapTo: name },
  ) satisfies readonly Parameter[];
  const summary = textOf(childOf(node, 'summary'));
  const responseType = textOf(childOf(childOf(node, 'response'), 'type'));
  const timeoutMs = cut(check, childOf(node, 'timeout'), parseDurationMs(scalarOf(childOf(node, 'timeout'))), {
    most: check.limits.timeoutMs,
    format: formatDuration,
  });
  const maxBodyBytes = cut(check, childOf(node, 'max_body'), parseSizeBytes(scalarOf(childOf(node, 'max_body'))), {
    most: check.limits.maxBodyBytes,
    format: formatSize,
  });
  return {
    path,
    method: (textOf(childOf(node, 'method')) ?? 'POST') as Endpoint['method'],
    auth: (textOf(childOf(node, 'auth')) ?? 'default') as Endpoint['auth'],
    queryParams: readParameters(check, childOf(node, 'query_params')),
    pathParams: pathParams.map((parameter) => ({ ...parameter, required: true })),
    priority: (textOf(childOf(node, 'priority')) ?? 'normal') as Endpoint['priority'],
    ...(summary === undefined ? {} : { summary }),
    ...(responseType === undefined ? {} : { responseType }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
  };
}

/** The names in braces; reports a path that no router could serve. */
function readPathNames(check: FlowCheck, path: string, at: number): readonly string[] {
  const segments = path.split('/');
  const isSound =
    path.startsWith('/') &&
    segments.every((segment, index) =>
      segment === ''
        ? index === 0 || path === '/'
        : /^(?:\{[A-Za-z_]\w*\}|[\w.~-]+)$/.test(segment) && !/^\.+$/.test(segment),
    );
  if (!isSound) {
    const message = `The path ${quote(path)} cannot be served.`;
    const hint = 'Write `/`-separated parts of letters, digits and `-._~`, or `{name}` for a whole part.';
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint });
    return [];
  }
  const names = segments.filter((segment) => segment.startsWith('{')).map((segment) => segment.slice(1, -1));
  if (new Set(names).size < names.length) {
    check.problems.add({ code: 'SPEC_INVALID', at, message: `The path ${quote(path)} names a parameter twice.` });
  }
  return [...new Set(names)];
}

function readParameters(check: FlowCheck, node: YamlNode | undefined): readonly Parameter[] {
  if (node?.kind !== 'map') return [];
  return [...node.entries.values()].map(({ key, keyStart, value }) => {
    const type = (textOf(childOf(value, 'type')) ?? 'string') as Parameter['type'];
    const fallback = childOf(value, 'default');
    const min = numberOf(childOf(value, 'min'));
    const max = numberOf(childOf(value, 'max'));
    if (min !== undefined && max !== undefined && min > max) {
      const message = `The parameter ${quote(key)} has a min above its max.`;
      check.problems.add({ code: 'SPEC_INVALID', at: keyStart, message });
    }
    if (fallback !== undefined && !fitsParameter(toJson(fallback), { type, min, max })) {
      const message = `The default of the parameter ${quote(key)} does not fit it.`;
      check.problems.add({ code: 'SPEC_INVALID', at: fallback.start, message });
    }
    const about = textOf(childOf(value, 'description'));
    return {
      name: key,
      type,
      required: flagOf(childOf(value, 'required')) ?? false,
      mapTo: textOf(childOf(value, 'map_to')) ?? key,
      ...(fallback === undefined ? {} : { default: toJson(fallback) }),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(about === undefined ? {} : { about }),
    };
  });
}

function fitsParameter(
  value: unknown,
  rule: { readonly type: Parameter['type']; readonly min: number | undefined; readonly max: number | undefined },
): boolean {
  const isNumber = rule.type === 'integer' || rule.type === 'number';
  if (typeof value !== (isNumber ? 'number' : rule.type)) return false;
  if (rule.type === 'integer' && !Number.isSafeInteger(value)) return false;
  if (rule.type === 'boolean') return true;
  const measure = typeof value === 'string' ? value.length : (value as number);
  return measure >= (rule.min ?? Number.NEGATIVE_INFINITY) && measure <= (rule.max ?? Number.POSITIVE_INFINITY);
}

/** The schedule; undefined when there is none. */
export function readSchedule(check: FlowCheck, node: YamlNode | undefined): Schedule | undefined {
  if (node?.kind !== 'map') return undefined;
  const cronNode = childOf(node, 'cron');
  const zoneNode = childOf(node, 'zone');
  const cron = textOf(cronNode);
  const zone = textOf(zoneNode) ?? 'UTC';
  const atStart = flagOf(childOf(node, 'at_start')) ?? false;
  if (cron === undefined && !atStart) {
    const message = '`schedule` needs `cron`, or `at_start: true`.';
    check.problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  }
  if (zoneNode !== undefined && !isZone(zone)) {
    const message = `There is no time zone ${quote(zone)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at: zoneNode.start, message, hint: 'Use a name like Europe/Berlin.' });
  } else if (cron !== undefined && cronNode !== undefined) {
    const message = check.checkCron?.(cron, zone);
    if (message !== undefined) check.problems.add({ code: 'SPEC_INVALID', at: cronNode.start, message });
  }
  const overlap = textOf(childOf(node, 'overlap')) === 'queue' ? 'queue' : 'skip';
  return { zone, atStart, overlap, ...(cron === undefined ? {} : { cron }) };
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
