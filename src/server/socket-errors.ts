/**
 * What a connection gets whose request could not even be read: a problem and the door.
 */
import type { Socket } from 'node:net';
import type { ErrorCode } from '../core/index.ts';
import { problemReply } from './problem.ts';

const REASONS: Readonly<Record<string, readonly [code: ErrorCode, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['HTTP_SLOW', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['HTTP_REQUEST', 'The head of the request is larger than this server takes.'],
};

const STATUS_WORDS: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout' };

/**
 * Answers and closes a connection that sent what is no HTTP, too much of it, or too slowly.
 *
 * @param isAnswering true when an answer may be half-way out; then nothing is put into it
 */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket, isAnswering: boolean): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  const [code, detail] = REASONS[error.code ?? ''] ?? ['HTTP_REQUEST', 'The request is not valid HTTP/1.1.'];
  const { status, headers, body } = problemReply(code, detail);
  const lines = Object.entries({
    ...headers,
    'x-content-type-options': 'nosniff',
    'content-length': String(body.byteLength),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_WORDS[status] ?? 'Error'}\r\n${lines.join('')}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), body]), () => socket.destroy());
}
