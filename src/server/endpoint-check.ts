/**
 * What can be wrong between flows that are served together: names, paths, reserved places.
 */
import type { ErrorCode } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import type { Diagnostic } from '../spec/index.ts';
import { isEndpointFlow, placeholderName, segmentsOf } from './route-table.ts';

/** First segments (or first two) of the paths the server keeps for itself. */
const RESERVED_PATHS: readonly string[] = [
  '/healthz',
  '/health',
  '/metrics',
  '/openapi.json',
  '/admin',
  '/console',
  '/api/flows',
  '/api/runs',
];

/**
 * Everything that keeps `flows` from being served together; empty when all is well.
 *
 * Two flows with one name, two endpoints with one method and shape of path, and paths the
 * server keeps are SPEC_PATH_TAKEN; a path that cannot be read is SPEC_INVALID.
 */
export function checkEndpoints(flows: readonly Flow[]): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const names = new Map<string, Flow>();
  const places = new Map<string, Flow>();
  const report = (flow: Flow, code: ErrorCode, message: string, hint: string): void => {
    problems.push({ severity: 'error', code, file: flow.file, line: 1, column: 1, message, hint });
  };
  for (const flow of flows) {
    const namesake = names.get(flow.name);
    if (namesake === undefined) names.set(flow.name, flow);
    else
      report(
        flow,
        'SPEC_PATH_TAKEN',
        `The name "${flow.name}" is taken by ${namesake.file}.`,
        'Rename one of the two.',
      );
    if (!isEndpointFlow(flow)) continue;
    const { method, path } = flow.endpoint;
    const unreadable = unreadablePath(path);
    if (unreadable !== undefined) {
      report(flow, 'SPEC_INVALID', `The endpoint path "${path}" ${unreadable}.`, 'Write it like /api/things/{id}.');
      continue;
    }
    const keeper = RESERVED_PATHS.find((reserved) => path === reserved || path.startsWith(`${reserved}/`));
    if (keeper !== undefined) {
      report(
        flow,
        'SPEC_PATH_TAKEN',
        `The endpoint path "${path}" is one the server keeps for itself.`,
        `Choose one outside ${keeper}.`,
      );
    }
    const place = `${method} ${shapeOf(path)}`;
    const holder = places.get(place);
    if (holder === undefined) places.set(place, flow);
    else
      report(
        flow,
        'SPEC_PATH_TAKEN',
        `${method} ${path} is taken by ${holder.file}.`,
        'Give one of the two another path or method.',
      );
  }
  return problems;
}

function shapeOf(path: string): string {
  return `/${segmentsOf(path)
    .map((segment) => (placeholderName(segment) === undefined ? segment : '{}'))
    .join('/')}`;
}

/** What makes a path unusable, as the end of a sentence. */
function unreadablePath(path: string): string | undefined {
  if (!path.startsWith('/')) return 'does not begin with a slash';
  if (/[?#%\s\\]/.test(path)) return 'holds a character that stands for something else in a URL';
  const segments = segmentsOf(path);
  if (segments.length > 32) return 'has more than 32 segments';
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'goes up and down';
  const placeholders = segments.filter((segment) => /[{}]/.test(segment));
  if (placeholders.some((segment) => placeholderName(segment) === undefined))
    return 'has a placeholder that is not a whole segment';
  if (new Set(placeholders).size < placeholders.length) return 'uses a placeholder twice';
  return undefined;
}
