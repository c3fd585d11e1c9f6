/** Flows that run by themselves: cron patterns in a zone, runs at start, overlaps. */
export { type CronPattern, checkCron, parseCron } from './cron.ts';
export { createScheduler, type Scheduler, type SchedulerOptions } from './scheduler.ts';
