/**
 * Bytes to a server and back, for requests that no HTTP client would send.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection that keeps everything it receives. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything received so far, as Latin-1. */
  received(): string;
  /** Resolves when the server has closed the connection, with everything received. */
  closed: Promise<string>;
}

/** Connects to `port` on this machine. */
export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {
    // A reset is one of the ways in which a server closes a connection.
  });
  await once(socket, 'connect');
  const closed = once(socket, 'close').then(() => text);
  return { socket, received: () => text, closed };
}

/** Sends `text` and gives everything the server says until it closes. */
export async function sendRaw(port: number, text: string): Promise<string> {
  const { socket, closed } = await openRaw(port);
  socket.write(text, 'latin1');
  return closed;
}
