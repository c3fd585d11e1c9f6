/**
 * Puts the small byte arrays of a message into one, because a platform clones each array at
 * several times the cost of everything else in a small segment.
 *
 * Arrays above {@link MAX_PIECE_BYTES} stay themselves: nobody shall keep a whole message
 * alive for long, nor copy a state twice. Invariant: what is unpacked equals what was packed.
 */
import type { SegmentRequest, SegmentStart } from '../../flow/index.ts';

/** The largest array that is put with others. */
const MAX_PIECE_BYTES = 1024;
const FIRST_BYTES = 1024;

/** An object whose byte arrays lie elsewhere: name, offset and length of each. */
export interface PackedValue {
  readonly rest: object;
  readonly pieces?: readonly (string | number)[];
  /** Objects inside, by name, packed too. */
  readonly inside?: readonly (readonly [string, PackedValue | readonly PackedValue[]])[];
}

/** What requests of one run have in common is sent once. */
export interface PackedRequests {
  readonly bytes: Uint8Array;
  readonly shared: readonly Omit<SegmentRequest, OwnKey>[];
  /** Per request: index into `shared`, seed, and the request's own parts. */
  readonly own: readonly (readonly [number, string, PackedValue])[];
}

type OwnKey = 'start' | 'seed' | 'state' | 'machine';

/** Collects the small arrays of one message. */
export class ByteBundle {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;
  /** Segments of one fan-out begin with the very same state. */
  #last: Uint8Array | undefined;
  #lastAt = 0;

  /** Packs the byte arrays that are properties of `value`, and those of the objects that `inside` names. */
  pack(value: object, inside: readonly string[] = []): PackedValue {
    const rest: Record<string, unknown> = {};
    const pieces: (string | number)[] = [];
    const packedInside: [string, PackedValue | PackedValue[]][] = [];
    for (const [key, part] of Object.entries(value) as [string, unknown][]) {
      if (part instanceof Uint8Array) {
        if (part.length <= MAX_PIECE_BYTES) pieces.push(key, this.#add(part), part.length);
        // A view would be cloned with all that lies around it.
        else rest[key] = part.length === part.buffer.byteLength ? part : part.slice();
      } else if (inside.includes(key) && Array.isArray(part)) {
        packedInside.push([key, part.map((item: object) => this.pack(item))]);
      } else if (inside.includes(key) && typeof part === 'object' && part !== null) {
        packedInside.push([key, this.pack(part, inside)]);
      } else {
        rest[key] = part;
      }
    }
    return {
      rest,
      ...(pieces.length > 0 ? { pieces } : {}),
      ...(packedInside.length > 0 ? { inside: packedInside } : {}),
    };
  }

  /** What was collected; the bundle begins anew. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#last = undefined;
    return bytes;
  }

  #add(part: Uint8Array): number {
    if (part === this.#last) return this.#lastAt;
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
    return at;
  }
}

/** What {@link ByteBundle.pack} was given; its small arrays are views of `bytes`. */
export function unpack(packed: PackedValue, bytes: Uint8Array): unknown {
  const value: Record<string, unknown> = { ...packed.rest };
  const { pieces = [], inside = [] } = packed;
  for (let index = 0; index < pieces.length; index += 3) {
    const at = pieces[index + 1] as number;
    value[pieces[index] as string] = bytes.subarray(at, at + (pieces[index + 2] as number));
  }
  for (const [key, part] of inside) {
    value[key] = 'rest' in part ? unpack(part, bytes) : part.map((item) => unpack(item, bytes));
  }
  return value;
}

/** Objects of a request that hold byte arrays: where it begins, and the branches that came in. */
const REQUEST_INSIDE = ['start', 'results'] as const;

/** Packs requests for one message. */
export function packRequests(requests: readonly SegmentRequest[]): PackedRequests {
  const bundle = new ByteBundle();
  const shared: Omit<SegmentRequest, OwnKey>[] = [];
  const own = requests.map((request): readonly [number, string, PackedValue] => {
    const { start, seed, state, machine, ...rest } = request;
    const last = shared.at(-1);
    if (last === undefined || !isSame(rest, last)) shared.push(rest);
    const parts = machine === undefined ? { start, state } : { start, state, machine };
    return [shared.length - 1, seed, bundle.pack(parts, REQUEST_INSIDE)];
  });
  return { bytes: bundle.take(), shared, own };
}

/** The requests that {@link packRequests} was given. */
export function* unpackRequests({ bytes, shared, own }: PackedRequests): Generator<SegmentRequest> {
  for (const [index, seed, packed] of own) {
    const rest = shared[index] as Omit<SegmentRequest, OwnKey>;
    const parts = unpack(packed, bytes) as { start: SegmentStart; state: Uint8Array; machine?: Uint8Array };
    yield { ...rest, ...parts, seed };
  }
}

/** True when both have the same properties, compared by identity. */
function isSame(left: object, right: object): boolean {
  const entries = Object.entries(left);
  if (entries.length !== Object.keys(right).length) return false;
  return entries.every(([key, value]) => (right as Record<string, unknown>)[key] === value);
}
