/**
 * `endpoint` of a checked file: path, parameters, limits.
 */
import type { JsonValue } from '../core/index.ts';
import type { Endpoint, Parameter } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { durationOf, numberOf, sizeOf } from './limited-value.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { childOf, flagOf, type MapEntry, textOf, toJson, type YamlNode } from './yaml-tree.ts';

/** The endpoint; undefined when there is none or it has no path. */
export function readEndpoint(check: FlowCheck, node: YamlNode | undefined): Endpoint | undefined {
  const pathNode = childOf(node, 'path');
  const path = textOf(pathNode);
  if (pathNode === undefined || path === undefined) return undefined;
  // Shapes were checked before: a word that is no word of the table never gets as far as a flow.
  const word = <T extends string>(key: string, fallback: T): T => (textOf(childOf(node, key)) ?? fallback) as T;
  return present({
    path,
    method: word<Endpoint['method']>('method', 'POST'),
    summary: textOf(childOf(node, 'summary')),
    auth: readAuth(childOf(node, 'auth')),
    queryParams: readParameters(check, childOf(node, 'query_params')),
    pathParams: readPathParameters(check, { path, at: pathNode.start }, childOf(node, 'path_params')),
    responseType: textOf(childOf(childOf(node, 'response'), 'type')),
    priority: word<Endpoint['priority']>('priority', 'normal'),
    timeoutMs: durationOf(check, childOf(node, 'timeout'), check.limits.timeoutMs),
    maxBodyBytes: sizeOf(check, childOf(node, 'max_body'), check.limits.maxBodyBytes),
  });
}

/** `none`, `token`, or an object that says whether a token is required. */
function readAuth(node: YamlNode | undefined): Endpoint['auth'] {
  if (node?.kind === 'map') return flagOf(childOf(node, 'required')) === false ? 'none' : 'token';
  return (textOf(node) ?? 'default') as Endpoint['auth'];
}

interface PathText {
  readonly path: string;
  readonly at: number;
}

/** Every name in the path, declared or not: what is not declared is a text. */
function readPathParameters(check: FlowCheck, text: PathText, node: YamlNode | undefined): readonly Parameter[] {
  const inPath = readPathNames(check, text.path, text.at);
  const declared = new Map(readParameters(check, node).map((parameter) => [parameter.name, parameter]));
  for (const name of declared.keys()) {
    if (inPath.includes(name)) continue;
    const at = (node?.kind === 'map' ? node.entries.get(name)?.keyStart : undefined) ?? text.at;
    const message = `The path ${quote(text.path)} has no ${quote(`{${name}}`)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Put it into the path, or remove it here.' });
  }
  return inPath.map((name) => ({ name, type: 'string', mapTo: name, ...declared.get(name), required: true }));
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
  return node?.kind === 'map' ? [...node.entries.values()].map((entry) => readParameter(check, entry)) : [];
}

function readParameter(check: FlowCheck, { key, keyStart, value }: MapEntry): Parameter {
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
  return present({
    name: key,
    type,
    required: flagOf(childOf(value, 'required')) ?? false,
    mapTo: textOf(childOf(value, 'map_to')) ?? key,
    default: fallback === undefined ? undefined : toJson(fallback),
    min,
    max,
    about: textOf(childOf(value, 'description')),
  });
}

function fitsParameter(
  value: JsonValue,
  rule: { readonly type: Parameter['type']; readonly min: number | undefined; readonly max: number | undefined },
): boolean {
  const isNumber = rule.type === 'integer' || rule.type === 'number';
  if (typeof value !== (isNumber ? 'number' : rule.type)) return false;
  if (rule.type === 'integer' && !Number.isSafeInteger(value)) return false;
  if (rule.type === 'boolean') return true;
  const measure = typeof value === 'string' ? value.length : (value as number);
  return measure >= (rule.min ?? Number.NEGATIVE_INFINITY) && measure <= (rule.max ?? Number.POSITIVE_INFINITY);
}
