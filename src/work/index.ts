/** The killable thread for heavy pure jobs. */
export type { WorkJob, WorkJobs, WorkKind } from './job-types.ts';
export { WORK_LIMITS, type WorkLimits } from './limits.ts';
export { createWorkThread, type WorkRunOptions, type WorkThread, type WorkThreadOptions } from './work-thread.ts';
