/**
 * Writes requests and results so flat that a platform clones them for little: lists instead of
 * objects in objects, the small byte arrays of a message in one.
 *
 * Arrays above {@link MAX_PIECE_BYTES} stay themselves: nobody shall keep a whole message
 * alive for long, nor copy a state twice. Invariant: what is unpacked equals what was packed.
 */
import type { SegmentEnd, SegmentRequest, SegmentStart } from '../../flow/index.ts';
import type {
  PackedObject,
  PackedRequest,
  PackedRequests,
  PackedResult,
  Piece,
  SegmentContext,
  SegmentPause,
  SegmentResult,
  SharedPart,
} from './protocol.ts';

/** The largest array that is put with others, in bytes. */
export const MAX_PIECE_BYTES = 1023;
/** A place in the bundle is offset × this + length. */
const PLACE_UNIT = 1024;
const FIRST_BYTES = 1024;

/** Collects the byte arrays of one message. */
export class ByteBundle {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;
  /** Segments of one fan-out begin with the very same state. */
  #last: Uint8Array | undefined;
  #lastAt = 0;

  /** Where `part` lies from now on. */
  add(part: Uint8Array): Piece {
    // A view would be cloned with all that lies around it.
    if (part.length > MAX_PIECE_BYTES) return part.length === part.buffer.byteLength ? part : part.slice();
    if (part === this.#last) return this.#lastAt * PLACE_UNIT + part.length;
    const at = this.#length;
    if (at + part.length > this.#bytes.length) {
      const grown = new Uint8Array((at + part.length) * 2);
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    this.#bytes.set(part, at);
    this.#length = at + part.length;
    this.#last = part;
    this.#lastAt = at;
    return at * PLACE_UNIT + part.length;
  }

  /** Packs an object whose properties, and those of objects in its lists, may be byte arrays. */
  pack(value: object): PackedObject {
    const source = value as Readonly<Record<string, unknown>>;
    const parts: (string | Piece | readonly PackedObject[])[] = [];
    const rest: Record<string, unknown> = {};
    for (const key of Object.keys(source)) {
      const part = source[key];
      if (part instanceof Uint8Array) parts.push(key, this.add(part));
      else if (LISTS.has(key) && Array.isArray(part)) {
        parts.push(
          key,
          part.map((item: object) => this.pack(item)),
        );
      } else rest[key] = part;
    }
    return parts.length === 0 ? [value] : [rest, ...parts];
  }

  /** What was collected; the bundle begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#last = undefined;
    return bytes;
  }
}

/** Properties that are lists of objects with byte arrays: branches and items that came in, items to go out. */
const LISTS: ReadonlySet<string> = new Set(['results', 'items']);

function pieceOf(piece: Piece, bytes: Uint8Array): Uint8Array {
  if (typeof piece !== 'number') return piece;
  const at = Math.floor(piece / PLACE_UNIT);
  return bytes.subarray(at, at + (piece % PLACE_UNIT));
}

function unpack([rest, ...parts]: PackedObject, bytes: Uint8Array): unknown {
  if (parts.length === 0) return rest;
  const value: Record<string, unknown> = { ...rest };
  for (let index = 0; index < parts.length; index += 2) {
    const part = parts[index + 1] as Piece | readonly PackedObject[];
    value[parts[index] as string] = Array.isArray(part)
      ? part.map((item: PackedObject) => unpack(item, bytes))
      : pieceOf(part as Piece, bytes);
  }
  return value;
}

const USUAL: SegmentContext = { callsBefore: 0, isSuspect: false };

/** Packs requests and their contexts for one message. */
export function packRequests(jobs: readonly (readonly [SegmentRequest, SegmentContext])[]): PackedRequests {
  const bundle = new ByteBundle();
  const shared: SharedPart[] = [];
  const own = jobs.map(([request, context]): PackedRequest => {
    const { start, seed, state, machine, ...rest } = request;
    const last = shared.at(-1);
    if (last === undefined || !isSame(rest, last)) shared.push(rest);
    const isUsual = context.callsBefore === 0 && !context.isSuspect && context.replacement === undefined;
    return [
      shared.length - 1,
      seed,
      bundle.add(state),
      machine === undefined ? undefined : bundle.add(machine),
      bundle.pack(start),
      isUsual ? undefined : context,
    ];
  });
  return { bytes: bundle.take(), shared, own };
}

/** What {@link packRequests} was given. */
export function* unpackRequests({
  bytes,
  shared,
  own,
}: PackedRequests): Generator<readonly [SegmentRequest, SegmentContext]> {
  for (const [index, seed, state, machine, start, context = USUAL] of own) {
    const request = {
      ...(shared[index] as SharedPart),
      seed,
      state: pieceOf(state, bytes),
      start: unpack(start, bytes) as SegmentStart,
    };
    yield [machine === undefined ? request : { ...request, machine: pieceOf(machine, bytes) }, context];
  }
}

/** Packs a result; its bytes go into `bundle`. */
export function packResult(result: SegmentResult, bundle: ByteBundle): PackedResult {
  switch (result.kind) {
    case 'ended': {
      const { end, steps, guarded } = result.outcome;
      return ['ended', steps, guarded, bundle.pack(end)];
    }
    case 'paused':
      return ['paused', bundle.pack(result.pause)];
    case 'late':
      return ['late', result.late];
    case 'stopped':
      return ['stopped'];
  }
}

/** What {@link packResult} was given. */
export function unpackResult(packed: PackedResult, bytes: Uint8Array): SegmentResult {
  switch (packed[0]) {
    case 'ended': {
      const [kind, steps, guarded, end] = packed;
      const outcome = { end: unpack(end, bytes) as SegmentEnd, steps };
      return { kind, outcome: guarded === undefined ? outcome : { ...outcome, guarded } };
    }
    case 'paused':
      return { kind: 'paused', pause: unpack(packed[1], bytes) as SegmentPause };
    case 'late':
      return { kind: 'late', late: packed[1] };
    case 'stopped':
      return { kind: 'stopped' };
  }
}

/** The byte arrays of a packed result that lie outside the bundle. */
export function largeParts(packed: PackedResult): Uint8Array[] {
  return packed.flatMap((part) => (Array.isArray(part) ? part.filter((item) => item instanceof Uint8Array) : []));
}

/** True for equal JSON, as every shared part is; what is the same object, as it mostly is, is not looked into. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const keys = Object.keys(left);
  if (Array.isArray(left) !== Array.isArray(right) || keys.length !== Object.keys(right).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(right, key)) return false;
    if (!isSame((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key])) return false;
  }
  return true;
}
