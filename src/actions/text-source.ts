/**
 * Text that comes in the state, or as the handle of a blob: every action that reads text takes both.
 *
 * A handle may stand where the text would, or under `blob`. Bytes are read only when they are
 * known to fit.
 */
import { formatSize, getOwn, isJsonObject, type JsonObject } from '../core/index.ts';
import type { ActionCall, BlobStore } from '../engine/index.ts';
import { actionError, shown } from './action-input.ts';

/** What an action was given to read. */
export type TextSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'blob'; readonly handle: BlobReference };

/** A blob handle as a flow gives it back. */
export interface BlobReference {
  readonly blob: string;
  /** What it says of itself; empty when it says nothing. */
  readonly type: string;
}

/** The handle that `value` is, or undefined. */
export function toBlobReference(value: unknown): BlobReference | undefined {
  if (!isJsonObject(value)) return undefined;
  const { blob, type } = value;
  return typeof blob === 'string' ? { blob, type: typeof type === 'string' ? type : '' } : undefined;
}

/**
 * What stands under `text` (text or a handle) or under `blob` (a handle).
 *
 * @param limits.key name of the first of the two; default `text`
 * @throws FLOW_ACTION unless it is exactly one, and when the text is longer than `maxBytes`
 */
export function readTextSource(
  action: string,
  input: JsonObject,
  limits: { readonly maxBytes: number; readonly key?: string },
): TextSource {
  const { key = 'text', maxBytes } = limits;
  const given = getOwn(input, key) ?? undefined;
  const blob = getOwn(input, 'blob') ?? undefined;
  if ((blob === undefined) === (given === undefined)) {
    throw actionError(action, `takes either ${key} or blob, and not both.`);
  }
  const handle = toBlobReference(blob ?? given);
  if (handle !== undefined) return { kind: 'blob', handle };
  if (typeof given !== 'string')
    throw actionError(action, `${key} must be text or a blob handle, got ${shown(given)}.`);
  if (given.length > maxBytes || Buffer.byteLength(given) > maxBytes) {
    throw actionError(action, `the text is longer than ${formatSize(maxBytes)}.`);
  }
  return { kind: 'text', text: given };
}

/** The bytes of a blob of at most `maxBytes`. @throws FLOW_ACTION for a larger and for an unknown one */
export async function readBlob(
  action: string,
  handle: BlobReference,
  more: { readonly call: ActionCall; readonly blobs: BlobStore; readonly maxBytes: number },
): Promise<Uint8Array> {
  const bytes = await more.blobs.read(handle.blob, more.call.signal);
  if (bytes.byteLength <= more.maxBytes) return bytes;
  throw actionError(
    action,
    `the blob has ${bytes.byteLength} bytes; at most ${formatSize(more.maxBytes)} are read here.`,
  );
}
