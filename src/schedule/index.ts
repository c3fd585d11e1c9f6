/** Flows that run by themselves: cron patterns in a zone, runs at start, overlaps. */
export { checkCron } from './cron.ts';
export { createScheduler, type Scheduler, type SchedulerOptions } from './scheduler.ts';
