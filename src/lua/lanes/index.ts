/** Worker threads that run the pure stretches of flows, under limits that code in them cannot dodge. */
export { LuaLanes, type LanesPorts } from './lanes.ts';
export { LANE_COUNT, LUA_OPTIONS, type LuaOptions } from './options.ts';
export { readWasmFile } from './wasm-file.ts';
