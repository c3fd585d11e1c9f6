/**
 * A remote host under the test's control: HTTP on port 0 of loopback, sockets counted.
 */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** A listening host and what it saw. */
export interface FakeHost {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly openCount: number;
  readonly peakCount: number;
  readonly acceptedCount: number;
  /** Cuts every open connection. */
  cut(): void;
  /** Stops listening and cuts every connection. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function listen(server: Server, scheme: string): Promise<FakeHost> {
  const sockets = new Set<Socket>();
  let peakCount = 0;
  let acceptedCount = 0;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    acceptedCount += 1;
    peakCount = Math.max(peakCount, sockets.size);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    get openCount() {
      return sockets.size;
    },
    get peakCount() {
      return peakCount;
    },
    get acceptedCount() {
      return acceptedCount;
    },
    cut,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A host that answers with `listener`. */
export function startFakeHost(listener: RequestListener): Promise<FakeHost> {
  return listen(createServer({ keepAliveTimeout: 0 }, listener), 'http');
}

/** A host that answers over TLS. */
export function startFakeTlsHost(tls: { key: string; cert: string }, listener: RequestListener): Promise<FakeHost> {
  const server = createTlsServer({ ...tls, keepAliveTimeout: 0 }, listener);
  server.on('tlsClientError', () => {});
  return listen(server, 'https');
}

/** A host that speaks whatever `onSocket` writes. */
export function startRawHost(onSocket: (socket: Socket) => void): Promise<FakeHost> {
  return listen(createTcpServer(onSocket), 'http');
}
