/**
 * The bytes of a blob that a flow answers with, read while its run still holds them.
 *
 * What is recorded of such an answer is the hash; the bytes exist in the outcome only.
 */
import { toErrorData } from '../core/index.ts';
import type { RunEnd } from './decision.ts';
import type { BlobStore } from './ports.ts';

/** `end` with the bytes that its answer names; a failure when they cannot be read. */
export async function withAnswerBytes(end: RunEnd, blobs: BlobStore | undefined): Promise<RunEnd> {
  if (end.kind !== 'succeeded' || end.response?.blob === undefined || blobs === undefined) return end;
  try {
    // Reading a file of bounded size is over soon, and a run that ended has nobody to stop it.
    const bytes = await blobs.read(end.response.blob, new AbortController().signal);
    return { ...end, response: { ...end.response, bytes } };
  } catch (error) {
    return { kind: 'failed', error: toErrorData(error) };
  }
}
