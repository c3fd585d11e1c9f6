/**
 * Content hashes. The one file of `core` that takes `node:crypto`.
 */
import { createHash } from 'node:crypto';

/** SHA-256 of text (as UTF-8) or bytes, as 64 lower-case hex digits. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
