/** Outbound connections as scoped leases. Nothing here hands out a connection that must be given back. */
export { declaredHost } from './address-policy.ts';
export type { PoolCounts } from './connection-pool.ts';
export { createHttpClient, type HttpAnswer, type HttpClient, type HttpClientDeps } from './http-client.ts';
export { checkHttpOptions, HTTP_OPTIONS, type HttpOptions } from './http-options.ts';
export type { HttpRequest } from './http-target.ts';
export type { HostAddress, ResolveHost } from './name-resolver.ts';
