/**
 * Small calendars and what they give, for tests of everything that reads them.
 */
import assert from 'node:assert/strict';
import {
  type CalendarOptions,
  type CalendarResult,
  expandCalendar,
  type Occurrence,
} from '../../src/calendar/index.ts';

/** A result that is a calendar. */
export type FoundCalendar = Extract<CalendarResult, { kind: 'calendar' }>;

/** ICS text of events, each given by its property lines in one text. */
export function aCalendar(...events: string[]): string {
  const body = events.map((lines) => `BEGIN:VEVENT\n${lines.trim()}\nEND:VEVENT\n`).join('');
  return `BEGIN:VCALENDAR\nVERSION:2.0\n${body}END:VCALENDAR\n`.replaceAll('\n', '\r\n');
}

/** The year 2025 in Berlin. */
export const IN_2025: CalendarOptions = {
  fromMs: Date.UTC(2025, 0, 1),
  toMs: Date.UTC(2026, 0, 1),
  zone: 'Europe/Berlin',
};

/** What a calendar gives in 2025 unless said otherwise; fails when it is none. */
export function expand(text: string | Uint8Array, options: Partial<CalendarOptions> = {}): FoundCalendar {
  const result = expandCalendar(text, { ...IN_2025, ...options });
  if (result.kind !== 'calendar') assert.fail(result.message);
  return result;
}

/** The starts of what a calendar gives, as `2025-03-10T08:00` in UTC. */
export function startsOf(text: string, options?: Partial<CalendarOptions>): string[] {
  return expand(text, options).occurrences.map(({ start_ms }) => new Date(start_ms).toISOString().slice(0, 16));
}

/** The titles of what a calendar gives. */
export function titlesOf(text: string, options?: Partial<CalendarOptions>): string[] {
  return expand(text, options).occurrences.map(({ title }) => title);
}

/** The one thing a calendar gives; fails when it gives none or several. */
export function onlyOf(text: string, options?: Partial<CalendarOptions>): Occurrence {
  const [occurrence, ...others] = expand(text, options).occurrences;
  if (occurrence === undefined || others.length > 0) assert.fail('the calendar does not give exactly one occurrence');
  return occurrence;
}

/** The codes of a result's warnings. */
export function codesOf(result: FoundCalendar): string[] {
  return result.warnings.map(({ code }) => code);
}

/** Five days at nine in Berlin from 10 March 2025; its UID is `d`. */
export const BERLIN_DAILY =
  'UID:d\nDTSTART;TZID=Europe/Berlin:20250310T090000\nDURATION:PT30M\nSUMMARY:Daily\nRRULE:FREQ=DAILY;COUNT=5';
