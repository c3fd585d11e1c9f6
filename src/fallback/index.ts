/** The lower rungs: the last good answer with its age, and the answer that always exists. Imports nothing above it. */
export { emergencyReply } from './emergency.ts';
export type { StoredReply } from './entry-file.ts';
export { type Descent, type Rungs, serveWithFallback } from './ladder.ts';
export { createLastGood, type LastGood, type LastGoodKey, type LastGoodOptions } from './last-good.ts';
export { type Reply, type ServingPath, type Taste, tasteOf } from './reply.ts';
export { markStale, type Staleness } from './staleness.ts';
