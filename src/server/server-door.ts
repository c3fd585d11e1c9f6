/**
 * The way to the server, whose packages are loaded when one is made and not before.
 */
import type { Server, ServerParts } from './server.ts';
import type { AdmissionLimits, ServerOptions } from './server-options.ts';

/** A server over the given parts; nothing is opened before `listen`. */
export async function createServer(
  parts: ServerParts,
  options: { readonly server: ServerOptions; readonly admission: AdmissionLimits },
): Promise<Server> {
  const server = await import('./server.ts');
  return server.createServer(parts, options);
}
