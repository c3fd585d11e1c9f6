/** The HTTP door: endpoint flows, health, metrics and description, behind guards that are always on. */
export { checkEndpoints } from './endpoint-check.ts';
export { createServer, type Server, type ServerParts } from './server.ts';
export { type AdmissionLimits, isLoopback, SERVER_OPTIONS, type ServerOptions } from './server-options.ts';
