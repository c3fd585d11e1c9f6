/** ICS text → events → occurrences in a window, and warnings about what was left out. Pure. */
export type { RefusalReason } from './component-scan.ts';
export { type CalendarResult, type CalendarStats, expandCalendar } from './expansion.ts';
export {
  CALENDAR_LIMITS,
  type CalendarLimits,
  type CalendarOptions,
  type CalendarProgress,
  MAX_WINDOW_DAYS,
} from './limits.ts';
export { mergeOccurrences, type Occurrence, type OccurrenceLocal } from './occurrence.ts';
export type { ShowAs } from './show-as.ts';
export type { CalendarWarning } from './warnings.ts';
