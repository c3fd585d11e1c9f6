/**
 * `moonpool inspect`: the graph of a flow as text, JSON or Mermaid.
 */
import { END, type Flow, START } from '../../flow/index.ts';
import type { LoadApp } from '../app-port.ts';
import { type FlowGraph, flowGraph, type GraphEdge, type GraphNode } from '../flow-graph.ts';
import type { CliIo } from '../io.ts';
import { requireOneFlow } from '../one-flow.ts';

/** The forms a graph is printed in. */
export const GRAPH_FORMATS = ['text', 'json', 'mermaid'] as const;
/** One of {@link GRAPH_FORMATS}. */
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

const SPECIAL: Readonly<Record<string, string>> = { [START]: '(start)', [END]: '(end)' };

function label(name: string): string {
  return Object.hasOwn(SPECIAL, name) ? (SPECIAL[name] ?? name) : name;
}

function edgeText({ to, kind, when }: GraphEdge): string {
  const arrow = { step: '->', branch: '=>', join: '>>', body: '~>', back: '<~' }[kind];
  return `${arrow} ${label(to)}${when === undefined ? '' : ` if ${when}`}`;
}

function workText({ kind, uses, flow }: GraphNode): string {
  if (flow !== undefined) return `${kind === 'each' ? 'each: ' : ''}call ${flow}`;
  return uses ?? (kind === 'none' ? '-' : kind);
}

function reachText(flow: Flow): readonly string[] {
  const lines: string[] = [];
  if (flow.endpoint !== undefined) lines.push(`  endpoint ${flow.endpoint.method} ${flow.endpoint.path}`);
  if (flow.schedule !== undefined) {
    const { cron, zone, atStart } = flow.schedule;
    const when = [cron === undefined ? undefined : `${cron} ${zone}`, atStart ? 'at start' : undefined];
    lines.push(`  schedule ${when.filter((part) => part !== undefined).join(', ')}`);
  }
  return lines;
}

/** A flow for people: one line per node with what it does, then where it leads. */
function graphText(flow: Flow, graph: FlowGraph): string {
  const lines = [`${graph.name} (${graph.file})`, ...reachText(flow)];
  const width = Math.max(label(START).length, ...graph.nodes.map(({ name }) => name.length));
  const ways = (from: string): string[] => graph.edges.filter((edge) => edge.from === from).map(edgeText);
  lines.push(`  ${label(START).padEnd(width)}  ${ways(START).join(', ')}`);
  for (const node of graph.nodes) {
    const ends = node.reachable ? ways(node.name).join(', ') : '(never reached)';
    lines.push(`  ${node.name.padEnd(width)}  ${workText(node)}  ${ends}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Text for a Mermaid label: quotes and markup as entities, so that no name ends the label. */
function mermaidText(text: string): string {
  return text.replace(/[^\p{L}\p{N} ._/:=-]/gu, (sign) => `#${sign.codePointAt(0)};`);
}

/** The nodes, those of a body in a frame with the name of its owner: bodies stand right behind their owners. */
function mermaidNodes({ nodes }: FlowGraph, id: (name: string) => string): readonly string[] {
  const lines: string[] = [];
  const open: string[] = [];
  const indent = (): string => '  '.repeat(open.length + 1);
  const closeUpTo = (owner: string | undefined): void => {
    while (open.length > 0 && open.at(-1) !== owner) {
      open.pop();
      lines.push(`${indent()}end`);
    }
  };
  for (const [index, node] of nodes.entries()) {
    closeUpTo(node.owner);
    lines.push(`${indent()}${id(node.name)}["${mermaidText(node.name)}<br/>${mermaidText(workText(node))}"]`);
    if (nodes[index + 1]?.owner !== node.name) continue;
    lines.push(`${indent()}subgraph body_${id(node.name)} ["body of ${mermaidText(node.name)}"]`);
    open.push(node.name);
  }
  closeUpTo(undefined);
  return lines;
}

function graphMermaid(graph: FlowGraph): string {
  // Node ids are numbers of our own: names may be Mermaid's words or hold any sign.
  const ids = new Map([
    [START, 'start_'],
    ...graph.nodes.map(({ name }, index): [string, string] => [name, `n${index}`]),
  ]);
  ids.set(END, 'end_');
  const id = (name: string): string => ids.get(name) ?? 'end_';
  const lines = ['flowchart TD', '  start_(["start"])', ...mermaidNodes(graph, id)];
  if (graph.edges.some(({ to }) => to === END)) lines.push('  end_(["end"])');
  for (const { from, to, kind, when } of graph.edges) {
    const arrow = { step: '-->', branch: '==>', join: '-.->', body: '--o', back: '-.->' }[kind];
    lines.push(`  ${id(from)} ${arrow}${when === undefined ? '' : `|"${mermaidText(when)}"|`} ${id(to)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What of a flow to show. */
export interface InspectOptions {
  readonly format: GraphFormat;
  /** Files put over the flow, the last one last. */
  readonly overlay: readonly string[];
}

/** Prints the graph of the flow at `path`. @throws a `SpecError` when it cannot be used */
export async function inspectFlow(
  io: CliIo,
  loadApp: LoadApp,
  path: string,
  { format, overlay }: InspectOptions,
): Promise<number> {
  const app = await loadApp();
  const flow = requireOneFlow(io, path, await app.loadFlows([path], { overlays: overlay }), false);
  const graph = flowGraph(flow);
  if (format === 'json') {
    io.stdout.write(`${JSON.stringify(graph, undefined, io.stdout.isTerminal ? 2 : undefined)}\n`);
  } else {
    io.stdout.write(format === 'text' ? graphText(flow, graph) : graphMermaid(graph));
  }
  return 0;
}
