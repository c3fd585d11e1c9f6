/**
 * Durations, sizes and counts of a checked file as numbers, cut to what the configuration allows.
 */
import { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from '../core/index.ts';
import type { FlowCheck } from './flow-check.ts';
import type { YamlNode } from './yaml-tree.ts';

/** The value of a scalar; undefined for anything else. */
function valueOf(node: YamlNode | undefined): unknown {
  return node?.kind === 'scalar' ? node.value : undefined;
}

/** The number a node holds; undefined for anything else. */
export function numberOf(node: YamlNode | undefined): number | undefined {
  const value = valueOf(node);
  return typeof value === 'number' ? value : undefined;
}

/** Milliseconds of a duration, at most `most`; a cut is a SPEC_LIMIT warning. */
export function durationOf(check: FlowCheck, node: YamlNode | undefined, most?: number): number | undefined {
  return cut(check, node, parseDurationMs(valueOf(node)), { most, format: formatDuration });
}

/** Bytes of a size, at most `most`; a cut is a SPEC_LIMIT warning. */
export function sizeOf(check: FlowCheck, node: YamlNode | undefined, most?: number): number | undefined {
  return cut(check, node, parseSizeBytes(valueOf(node)), { most, format: formatSize });
}

/** A count, at most `most`; a cut is a SPEC_LIMIT warning. */
export function countOf(check: FlowCheck, node: YamlNode | undefined, most?: number): number | undefined {
  return cut(check, node, numberOf(node), { most, format: String });
}

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
