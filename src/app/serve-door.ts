/**
 * The way to the server, whose packages are loaded when somebody serves and not before.
 *
 * A command that runs one flow and a program that uses flows as a library need none of them.
 */
import type { AppServer, ServeRequest } from './serve.ts';

/** Starts a server; see `serve.ts`. */
export async function startServe(request: ServeRequest): Promise<AppServer> {
  const serve = await import('./serve.ts');
  return serve.startServe(request);
}
