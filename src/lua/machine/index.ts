/** One Lua machine in one thread: host, images, fresh copies, the value codec, the sandbox. Does no I/O. */
export { ALLOWED, type AllowedGroup } from './allow-list.ts';
export { LuaError, type LuaFailureCode } from './failure.ts';
export { createLuaHost, type LuaHost } from './host.ts';
export type { ImageLayout, LuaChunk, LuaImage } from './image.ts';
export type { SyntaxProblem } from './image-builder.ts';
export {
  inspectMachine,
  type LuaCallInput,
  type LuaCallResult,
  type LuaMachine,
  type MachineFacts,
  type MachineState,
  type TenantLimits,
} from './machine.ts';
export { MACHINE_LIMITS, type MachineLimits } from './machine-limits.ts';
export { toUpdates } from './value-reader.ts';
export type { WasmModule } from './wasm-types.ts';
