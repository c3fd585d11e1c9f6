/**
 * The hash of what can change a run: not the file's path, its comments or where things stand in it.
 */
import { type JsonValue, sha256Hex } from '../core/index.ts';
import type { Flow, FlowNode } from '../flow/index.ts';

type Hashed = Pick<Flow, 'variables' | 'initialState' | 'settings' | 'entry' | 'nodes'> &
  Partial<Pick<Flow, 'inputSchema' | 'outputSchema' | 'settingsScope' | 'imports'>>;

/**
 * SHA-256 over a flow's content as 64 hex digits.
 *
 * The order of keys counts: state objects keep it, and Lua walks them in it.
 */
export function hashFlow(flow: Hashed): string {
  const content: JsonValue = [
    flow.variables,
    flow.initialState,
    flow.inputSchema ?? null,
    (flow.outputSchema ?? null) as unknown as JsonValue,
    flow.settings as unknown as JsonValue,
    flow.entry as unknown as JsonValue,
    flow.nodes.map(withoutPlace),
    flow.settingsScope ?? null,
    Object.entries(flow.imports ?? {}).map(([name, { hash }]) => [name, hash]),
  ];
  return sha256Hex(JSON.stringify(content));
}

function withoutPlace({ place: _, work, ...rest }: FlowNode): JsonValue {
  const bare = work.kind === 'lua' ? { kind: work.kind, code: work.code, chunk: work.chunk } : work;
  return { ...rest, work: bare } as unknown as JsonValue;
}
