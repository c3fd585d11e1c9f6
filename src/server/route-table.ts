/**
 * Which flow answers a method and path.
 *
 * Paths are matched segment by segment, a fixed text before a placeholder. Knows nothing of
 * HTTP beyond the words. The table is made whole and replaced whole.
 */
import type { Endpoint, Flow } from '../flow/index.ts';

/** A flow that is served. */
export type EndpointFlow = Flow & { readonly endpoint: Endpoint };

/** True for a flow with an endpoint. */
export function isEndpointFlow(flow: Flow): flow is EndpointFlow {
  return flow.endpoint !== undefined;
}

/** What the table knows of a path. */
export type RouteMatch =
  | { readonly kind: 'found'; readonly flow: EndpointFlow; readonly pathValues: ReadonlyMap<string, string> }
  /** The path is served, for these methods only. */
  | { readonly kind: 'method'; readonly methods: readonly string[] }
  | { readonly kind: 'none' };

/** Finds flows by method and path. */
export interface RouteTable {
  readonly flows: readonly EndpointFlow[];
  /**
   * The flow for a method (`HEAD` is served by a `GET` flow) and a path as it stands in the request line.
   *
   * @returns undefined when the path's percent signs do not decode
   */
  match(method: string, path: string): RouteMatch | undefined;
}

interface Branch {
  readonly texts: Map<string, Branch>;
  placeholder: Branch | undefined;
  readonly byMethod: Map<string, EndpointFlow>;
}

const MAX_SEGMENTS = 32;

/** The table of `flows`; of two that want the same place the first has it. */
export function createRouteTable(flows: readonly Flow[]): RouteTable {
  const root = newBranch();
  const served = flows.filter(isEndpointFlow);
  for (const flow of served) {
    let branch = root;
    for (const segment of segmentsOf(flow.endpoint.path)) {
      if (placeholderName(segment) !== undefined) {
        branch.placeholder ??= newBranch();
        branch = branch.placeholder;
      } else {
        const next = branch.texts.get(segment) ?? newBranch();
        branch.texts.set(segment, next);
        branch = next;
      }
    }
    if (!branch.byMethod.has(flow.endpoint.method)) branch.byMethod.set(flow.endpoint.method, flow);
  }
  return { flows: served, match: (method, path) => match(root, method, path) };
}

/** The name in a segment `{name}`; undefined for a fixed text. */
export function placeholderName(segment: string): string | undefined {
  return /^\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(segment)?.[1];
}

/** The segments of a path: `/a/{b}` gives `a`, `{b}`; `/` gives one empty text. */
export function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}

function newBranch(): Branch {
  return { texts: new Map(), placeholder: undefined, byMethod: new Map() };
}

function match(root: Branch, method: string, path: string): RouteMatch | undefined {
  let segments: string[];
  try {
    segments = segmentsOf(path).map(decodeURIComponent);
  } catch {
    return undefined;
  }
  if (segments.length > MAX_SEGMENTS) return { kind: 'none' };
  const wanted = method === 'HEAD' ? 'GET' : method;
  const methods = new Set<string>();
  for (const branch of branchesFor(root, segments, 0)) {
    const flow = branch.byMethod.get(wanted);
    if (flow !== undefined) return { kind: 'found', flow, pathValues: valuesOf(flow, segments) };
    for (const other of branch.byMethod.keys()) methods.add(other);
  }
  if (methods.size === 0) return { kind: 'none' };
  if (methods.has('GET')) methods.add('HEAD');
  return { kind: 'method', methods: [...methods].sort() };
}

/** Every place that fits, fixed texts first. */
function* branchesFor(branch: Branch, segments: readonly string[], at: number): Generator<Branch> {
  const segment = segments[at];
  if (segment === undefined) {
    yield branch;
    return;
  }
  const fixed = branch.texts.get(segment);
  if (fixed !== undefined) yield* branchesFor(fixed, segments, at + 1);
  if (branch.placeholder !== undefined && segment !== '') yield* branchesFor(branch.placeholder, segments, at + 1);
}

function valuesOf(flow: EndpointFlow, segments: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  segmentsOf(flow.endpoint.path).forEach((segment, index) => {
    const name = placeholderName(segment);
    if (name !== undefined) values.set(name, segments[index] ?? '');
  });
  return values;
}
