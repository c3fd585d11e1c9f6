/**
 * What flows need of the program around them, read off their nodes and those of the flows they call.
 */
import type { OwnActionModule } from '../actions/index.ts';
import { declaredHost } from '../connections/index.ts';
import { isJsonObject, type JsonValue } from '../core/index.ts';
import type { Flow, NodeWork } from '../flow/index.ts';

/** Whether any of `flows` keeps something that outlives a run, and so needs a data folder. */
export function keepsSomething(flows: readonly Flow[], modules: readonly OwnActionModule[]): boolean {
  const own = new Set(modules.flatMap(({ facts }) => facts.map(({ name }) => name)));
  // An action inside another, and one of the operator's, may keep something too.
  return worksOf(flows).some(
    (work) => work.kind === 'action' && (/^(?:kv|ratelimit)\./.test(work.uses) || own.has(work.uses)),
  );
}

/** The hosts of URLs written literally in flows: an operator chose them, so they may be private. */
export function hostsOf(flows: readonly Flow[]): ReadonlySet<string> {
  const hosts = new Set<string>();
  const look = (value: JsonValue): void => {
    if (typeof value === 'string') {
      const host = declaredHost(value);
      if (host !== undefined) hosts.add(host);
    } else if (Array.isArray(value)) {
      for (const item of value as readonly JsonValue[]) look(item);
    } else if (isJsonObject(value)) {
      for (const item of Object.values(value)) look(item);
    }
  };
  for (const flow of withImports(flows)) {
    look(flow.variables);
    look(flow.initialState);
  }
  for (const work of worksOf(flows)) {
    if (work.kind === 'action') look(work.with);
    else if (work.kind === 'call') look(work.input);
    else if (work.kind === 'each') {
      look(work.items ?? null);
      look(work.matrix ?? null);
      if (work.body.kind === 'call') look(work.body.input);
    }
  }
  return hosts;
}

/** The secrets that runs of `flows` use, those of called flows among them. */
export function secretsNeeded(flows: readonly Flow[]): readonly { readonly flow: string; readonly secret: string }[] {
  return flows.flatMap((flow) => {
    const names = new Set(withImports([flow]).flatMap(({ secrets = [] }) => secrets));
    return [...names].map((secret) => ({ flow: flow.name, secret }));
  });
}

function worksOf(flows: readonly Flow[]): readonly NodeWork[] {
  return withImports(flows).flatMap(({ nodes }) => nodes.map(({ work }) => work));
}

/** The flows and all they call, each once. */
function withImports(flows: readonly Flow[]): readonly Flow[] {
  const found = new Map<string, Flow>();
  const open = [...flows];
  for (let flow = open.pop(); flow !== undefined; flow = open.pop()) {
    if (found.has(flow.hash)) continue;
    found.set(flow.hash, flow);
    open.push(...Object.values(flow.imports ?? {}));
  }
  return [...found.values()];
}
