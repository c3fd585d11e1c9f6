/**
 * Rules between options: values that must nest, whoever set them.
 */

/** `lower` must be below `upper`, or equal to it where that is allowed. */
export interface OrderRule {
  readonly lower: string;
  readonly upper: string;
  readonly mayBeEqual: boolean;
}

/** Every rule between options; those whose options a tree lacks do not apply. */
export const ORDER_RULES: readonly OrderRule[] = [
  { lower: 'server.headers_timeout', upper: 'server.handler_timeout', mayBeEqual: true },
  { lower: 'server.handler_timeout', upper: 'server.request_timeout', mayBeEqual: false },
  { lower: 'lua.timeout', upper: 'limits.flow.lua_timeout', mayBeEqual: true },
  { lower: 'http.pool.per_host', upper: 'http.pool.total', mayBeEqual: true },
];
