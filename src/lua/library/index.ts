/** The door `moonpool/lua`: untrusted Lua in Node, without flows, YAML or a server. */
export {
  type Counter,
  type ErrorCode,
  hasCode,
  type Histogram,
  type JsonObject,
  type JsonValue,
  type Labels,
  type Log,
  type Metrics,
  MoonpoolError,
} from '../../core/index.ts';
export type { LuaCallOptions, LuaLanesOptions } from './call-options.ts';
export { LuaLanes } from './lua-lanes.ts';
export type { LuaResult, LuaScript } from './lua-script.ts';
export type { LuaSource } from './source.ts';
