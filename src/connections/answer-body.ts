/**
 * The body of an answer as the caller reads it: decoded, bounded, every wait limited.
 *
 * Bytes are counted after decoding, so a small answer that unpacks to gigabytes stops at the
 * ceiling. Invariant: `isSpent` is true only when the last byte of the answer was read, and only
 * then may its connection serve another request.
 */
import { Readable, type Transform, pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { formatSize, MoonpoolError } from '../core/index.ts';
import type { CallScope } from './call-scope.ts';
import { toAnswerError } from './connection-error.ts';
import type { RawAnswer } from './connection.ts';

/** What bounds the reading of a body. */
export interface BodyLimits {
  readonly origin: string;
  readonly maxBytes: number;
  readonly bodyTimeoutMs: number;
}

/** A body that can be read once. */
export interface AnswerBody {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The whole answer was read. */
  isSpent(): boolean;
}

/** Compressed bytes that decode to nothing end here; real ones are smaller than what they hold. */
const ENCODED_SLACK_BYTES = 64 * 1024;

/** The body of `answer`. Errors while it is read: CONN_TOO_LARGE, CONN_TIMEOUT, CONN_BODY, or the call's own end. */
export function openBody(answer: RawAnswer, scope: CallScope, limits: BodyLimits): AnswerBody {
  let spent = false;
  async function* wire(): AsyncGenerator<Uint8Array> {
    const chunks = answer.body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const maxWireBytes = limits.maxBytes + ENCODED_SLACK_BYTES;
    let wireBytes = 0;
    try {
      for (;;) {
        const what = 'sent nothing more of its body';
        const next = await scope.phase(what, limits.bodyTimeoutMs, chunks.next());
        if (next.done === true) {
          spent = true;
          return;
        }
        wireBytes += next.value.byteLength;
        if (wireBytes > maxWireBytes) throw tooLarge(limits);
        yield next.value;
      }
    } finally {
      if (!spent) answer.body.destroy();
    }
  }
  async function* decoded(): AsyncGenerator<Uint8Array> {
    const declared = Number(answer.headers['content-length'] ?? 0);
    try {
      const encoding = encodingOf(answer);
      if (encoding === 'identity' && declared > limits.maxBytes) throw tooLarge(limits);
      let bytes = 0;
      for await (const chunk of decode(wire(), encoding, limits.origin)) {
        bytes += chunk.byteLength;
        if (bytes > limits.maxBytes) throw tooLarge(limits);
        yield chunk;
      }
    } catch (error) {
      // Our own abort destroys the stream; its reason, not the wreckage, is what happened.
      scope.signal.throwIfAborted();
      throw toAnswerError(limits.origin, error);
    } finally {
      if (!spent) answer.body.destroy();
    }
  }
  return { chunks: decoded(), isSpent: () => spent };
}

function tooLarge(limits: BodyLimits): MoonpoolError {
  return new MoonpoolError(
    'CONN_TOO_LARGE',
    `${limits.origin} sent more than ${formatSize(limits.maxBytes)}; nothing of it is used. Raise max_bytes if that much is expected.`,
  );
}

function encodingOf(answer: RawAnswer): string {
  const written = (answer.headers['content-encoding'] ?? '').trim().toLowerCase();
  return written === '' ? 'identity' : written;
}

async function* decode(wire: AsyncGenerator<Uint8Array>, encoding: string, origin: string): AsyncGenerator<Uint8Array> {
  if (encoding === 'identity') {
    yield* wire;
    return;
  }
  const first = await wire.next();
  // No body at all (304, HEAD) is not a damaged one.
  if (first.done === true) return;
  const decoder = createDecoder(encoding, first.value);
  if (decoder === undefined) {
    await wire.return(undefined);
    throw new MoonpoolError('CONN_BODY', `${origin} sent an answer in an encoding that was not asked for.`);
  }
  async function* all(head: Uint8Array): AsyncGenerator<Uint8Array> {
    try {
      yield head;
      yield* wire;
    } finally {
      await wire.return(undefined);
    }
  }
  const source = Readable.from(all(first.value), { objectMode: false });
  // Failures of the source surface while the decoder is read.
  pipeline(source, decoder, () => {});
  yield* decoder as AsyncIterable<Uint8Array>;
}

function createDecoder(encoding: string, head: Uint8Array): Transform | undefined {
  const options = { chunkSize: 64 * 1024 };
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(options);
    case 'br':
      return createBrotliDecompress(options);
    case 'deflate':
      // Half of the web sends raw deflate under this name; a zlib header says method 8.
      return ((head[0] ?? 0) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);
    default:
      return undefined;
  }
}
