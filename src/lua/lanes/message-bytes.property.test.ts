/** What comes out of a message is what went in, whatever its sizes and sharing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SegmentEnd, SegmentRequest, SegmentStart } from '../../flow/index.ts';
import {
  ByteBundle,
  MAX_PIECE_BYTES,
  packRequests,
  packResult,
  unpackRequests,
  unpackResult,
} from './message-bytes.ts';
import type { SegmentContext, SegmentResult } from './protocol.ts';

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(0, 1, MAX_PIECE_BYTES, MAX_PIECE_BYTES + 1).map((length) => new Uint8Array(length).fill(7)),
  // A view, as of another message.
  fc.uint8Array({ minLength: 3, maxLength: 3_000 }).map((whole) => whole.subarray(1, whole.length - 1)),
);
const name = fc.string({ maxLength: 5 });
const results = fc.array(fc.record({ branch: name, success: fc.boolean(), state: bytes, attempts: fc.nat() }));
const start = fc.oneof(
  fc.constant({ kind: 'entry' }),
  fc.record({ kind: fc.constant('node'), node: name }),
  fc.record({ kind: fc.constant('result'), node: name, value: bytes }),
  fc.record({ kind: fc.constant('joined'), join: name, results }),
) as unknown as fc.Arbitrary<SegmentStart>;
const context: fc.Arbitrary<SegmentContext> = fc.oneof(
  fc.constant({ callsBefore: 0, isSuspect: false }),
  fc.record({ callsBefore: fc.nat(), isSuspect: fc.boolean() }),
);
const request = fc
  .record({
    start,
    state: bytes,
    seed: name,
    runId: fc.constantFrom('a', 'b'),
    join: name,
    memo: fc.array(fc.jsonValue({ maxDepth: 2 })),
    machine: fc.option(bytes),
  })
  .map(({ machine, ...rest }) => (machine === null ? rest : { ...rest, machine }) as unknown as SegmentRequest);
const end = fc.oneof(
  fc.record({ kind: fc.constant('joined'), state: bytes }),
  fc.record({ kind: fc.constant('action'), node: name, with: bytes, state: bytes, machine: bytes }),
  fc.record({ kind: fc.constant('each'), state: bytes, items: fc.array(fc.record({ vars: bytes, input: bytes })) }),
  fc.record({ kind: fc.constant('failed'), node: name, error: fc.record({ code: name, message: name }) }),
) as unknown as fc.Arbitrary<SegmentEnd>;
const result = fc.oneof(
  fc.record({ end, steps: fc.nat() }).map((outcome) => ({ kind: 'ended', outcome })),
  fc.record({ state: bytes, machine: bytes, steps: fc.nat() }).map((pause) => ({ kind: 'paused', pause })),
  fc.constant({ kind: 'stopped' }),
) as unknown as fc.Arbitrary<SegmentResult>;

/** Arrays as plain lists with sorted keys around them: views, copies and the order of keys are all one here. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

describe('messages of lanes', () => {
  it('give requests and contexts as they were, in their order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(request, context), { maxLength: 20 }), (given) => {
        // The same state in every other branch, as a fan-out has it.
        const state = given[0]?.[0].state ?? new Uint8Array();
        const jobs = given.map(([job, how], index) => [index % 2 === 0 ? { ...job, state } : job, how] as const);

        const sent = structuredClone(packRequests(jobs));

        assert.deepEqual(plain([...unpackRequests(sent)]), plain(jobs));
      }),
    );
  });

  it('give results as they were', () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 20 }), (given) => {
        const bundle = new ByteBundle();
        const packed = structuredClone(given.map((item) => packResult(item, bundle)));
        const sent = bundle.take();

        assert.deepEqual(plain(packed.map((item) => unpackResult(item, sent))), plain(given));
      }),
    );
  });

  it('carry once what requests of one run have in common, however often it was made', () => {
    const aJob = (index: number, runId: string) =>
      [
        {
          runId,
          scope: { run: { id: runId }, env: {} },
          state: new Uint8Array(2),
          start: { kind: 'node', node: `b${index}` },
          seed: `s${index}`,
        },
        { callsBefore: 0, isSuspect: false },
      ] as unknown as readonly [SegmentRequest, SegmentContext];

    const { shared } = packRequests([aJob(0, 'a'), aJob(1, 'a'), aJob(2, 'a'), aJob(3, 'b'), aJob(4, 'b')]);

    assert.deepEqual(
      shared.map(({ runId }) => runId),
      ['a', 'b'],
    );
  });

  it('carry no more of an array than was given', () => {
    const whole = new Uint8Array(1_000_000);
    const job = { state: whole.subarray(10, 5_000), start: { kind: 'entry' }, seed: '' } as unknown as SegmentRequest;

    const { own } = structuredClone(packRequests([[job, { callsBefore: 0, isSuspect: false }]]));

    const state = own[0]?.[2];
    assert.equal(state instanceof Uint8Array && state.buffer.byteLength, 4_990);
  });
});
