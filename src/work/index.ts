/** The killable thread for heavy pure jobs. */
export { MAX_JSON_BYTES, type ParsedJson, parseBoundedJson } from './bounded-json.ts';
export { type CsvFault, type CsvOptions, type CsvTable, parseCsv } from './csv-text.ts';
export { type JsonTextOptions, type JsonTextResult, parseJsonText } from './json-text.ts';
export type { WorkJob, WorkJobs, WorkKind } from './job-types.ts';
export { WORK_LIMITS, type WorkLimits } from './limits.ts';
export { createWorkThread, type WorkRunOptions, type WorkThread, type WorkThreadOptions } from './work-thread.ts';
