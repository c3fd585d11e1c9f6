/** Configuration: tables and layers in, one checked, frozen whole out, and who set what. */
export type { Effective } from './config-check.ts';
export { layerFromFile, MAX_CONFIG_BYTES } from './config-file.ts';
export { environmentName, layerFromEnvironment, layerFromPaths } from './layer.ts';
export { detectMemoryLimit, type MemoryLimit, type MemorySources } from './memory-limit.ts';
export { listOptions, type OptionRow } from './option-row.ts';
export { ORDER_RULES, type OrderRule } from './order-rules.ts';
export { type Profile, PROFILE_NAMES, PROFILES, selectProfile } from './profile.ts';
export { type Config, type ConfigInput, checkConfig, resolveConfig } from './resolve.ts';
export type { SecretSource } from './secret-sources.ts';
export { type ConfigLayer, type ConfigSource, type Position, type Setting } from './setting.ts';
export {
  ADMISSION_OPTIONS,
  type AdmissionOptions,
  ENV_OPTIONS,
  type EnvOptions,
  FILE_OPTIONS,
  type FileOptions,
  LIMIT_OPTIONS,
  type LimitOptions,
  LOG_OPTIONS,
  type LogOptions,
} from './tables.ts';
export type { ConfigTree, ResolvedTree } from './tree.ts';
