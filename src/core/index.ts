/** Errors, options, time, chance, ids, JSON and ports: what every other folder may stand on. */
export { BoundedQueue } from './bounded-queue.ts';
export {
  addDays,
  type CivilDate,
  type CivilParts,
  type CivilTime,
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  instantFromLocal,
  instantFromParts,
  isZone,
  partsAtOffset,
  utcFromParts,
  weekdayOf,
  zonedParts,
  zoneOffsetMs,
} from './civil-time.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  ERROR_FACTS,
  type ErrorCode,
  type ErrorData,
  type ErrorFacts,
  fromErrorData,
  hasCode,
  isErrorCode,
  MoonpoolError,
  toErrorData,
} from './errors.ts';
export { sha256Hex } from './hash.ts';
export {
  createHealth,
  type Health,
  type HealthPort,
  type HealthSnapshot,
  type HealthStatus,
  type PartHealth,
} from './health.ts';
export { escapeHtml } from './html.ts';
export { type Branded, createRunId, type RunId } from './ids.ts';
export {
  cloneJson,
  getOwn,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonTypeName,
  mergeShallow,
  setOwn,
} from './json.ts';
export { type Log, silentLog } from './log.ts';
export { type Counter, type Histogram, type Labels, type Metrics, silentMetrics } from './metrics.ts';
export {
  bytes,
  ConfigError,
  checkOptions,
  choice,
  describeRange,
  duration,
  type Field,
  flag,
  int,
  type OptionProblem,
  orAuto,
  orOff,
  type Resolved,
  ratio,
  resolveOptions,
  type Table,
  text,
  texts,
} from './options.ts';
export { createSeededRandom, type Random, randomHex, randomSeed } from './random.ts';
export { nearestWord } from './suggest.ts';
export { decodeText } from './text-decoding.ts';
export {
  DAY_MS,
  formatDuration,
  formatSize,
  HOUR_MS,
  KIB,
  MIB,
  MINUTE_MS,
  parseDurationMs,
  parseSizeBytes,
  SECOND_MS,
} from './units.ts';
export { workerUrl } from './worker-url.ts';
