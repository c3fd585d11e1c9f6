/** The HTTP door: endpoint flows, health, metrics and description, behind guards that are always on. */
export { checkEndpoints } from './endpoint-check.ts';
export type { Server, ServerParts } from './server.ts';
export { createServer } from './server-door.ts';
export { type AdmissionLimits, isLoopback, SERVER_OPTIONS, type ServerOptions } from './server-options.ts';
