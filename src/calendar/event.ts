/**
 * One VEVENT → an event with every value checked, or the sentence that says why it cannot be read.
 *
 * An event is taken whole or not at all: a broken end, rule or exception would make it appear at
 * a wrong time, which is worse than naming it. Lines that nothing here needs may be broken.
 */
import { DAY_MS, instantFromLocal, sha256Hex } from '../core/index.ts';
import { type ContentLine, readContentLines, unescapeText } from './content-line.ts';
import { cleanDescription, cleanLine, cleanLocation, cleanTitle, findJoinUrl } from './event-text.ts';
import type { ComponentPlace } from './component-scan.ts';
import type { CalendarLimits } from './limits.ts';
import { type ShowAs, toShowAs } from './show-as.ts';
import { type DurationValue, parseDuration, parseLocalValue } from './time-value.ts';
import { type EventZone, UTC_ZONE, type ZoneTable } from './zone-table.ts';

/** A point of an event: a day, or a clock time in a zone. */
export interface EventTime {
  readonly isDate: boolean;
  /** What a clock in `zone` shows, as ms since 1970 without a zone; midnight for a day. */
  readonly localMs: number;
  readonly zone: EventZone;
  /** True when the text named no zone. */
  readonly isFloating: boolean;
}

/** An instance added by RDATE. */
export interface ExtraStart {
  readonly start: EventTime;
  /** Its own length, when it is written as a period. */
  readonly duration: DurationValue | undefined;
}

/** What a screen shows of an event. */
export interface EventFacts {
  readonly title: string;
  readonly location: string;
  readonly joinUrl: string;
  readonly description: string;
  readonly status: string;
  readonly showAs: ShowAs;
}

/** A VEVENT that could be read. */
export interface CalendarEvent {
  /** Its position among the events of the calendar. */
  readonly index: number;
  readonly line: number;
  readonly uid: string;
  readonly sequence: number;
  readonly stampMs: number;
  readonly start: EventTime;
  readonly duration: DurationValue;
  readonly facts: EventFacts;
  readonly rules: readonly string[];
  readonly extraStarts: readonly ExtraStart[];
  readonly exceptions: readonly EventTime[];
  /** The slot of its series that this event replaces. */
  readonly replaces: EventTime | undefined;
  readonly range: '' | 'THISANDFUTURE' | 'THISANDPRIOR';
}

/** What every event of a calendar is read with. */
export interface EventContext {
  readonly bytes: Uint8Array;
  readonly zones: ZoneTable;
  readonly limits: CalendarLimits;
  readonly owner: string | undefined;
}

/** Why an event was left out. */
export interface EventProblem {
  readonly code: 'event_unreadable' | 'event_dropped';
  readonly message: string;
  readonly uid?: string;
  /** The slot of its series that the event was to replace: nothing is known to happen there any more. */
  readonly lostSlot?: EventTime;
}

/** An event, or what is wrong with it. */
export type EventReading =
  | { readonly kind: 'event'; readonly event: CalendarEvent; readonly replacedCount: number }
  | { readonly kind: 'problem'; readonly problem: EventProblem };

const WANTED = new Set([
  'UID',
  'SEQUENCE',
  'DTSTAMP',
  'DTSTART',
  'DTEND',
  'DURATION',
  'RECURRENCE-ID',
  'RRULE',
  'RDATE',
  'EXDATE',
  'EXRULE',
  'SUMMARY',
  'LOCATION',
  'DESCRIPTION',
  'STATUS',
  'TRANSP',
  'URL',
  'CONFERENCE',
  'X-GOOGLE-CONFERENCE',
  'X-MICROSOFT-SKYPETEAMSMEETINGURL',
  'X-MICROSOFT-ONLINEMEETINGEXTERNALLINK',
  'X-MICROSOFT-CDO-BUSYSTATUS',
  'X-OUTLOOK-DELETED',
]);
const WANTED_WITH_OWNER = new Set([...WANTED, 'ATTENDEE']);
/** Lines whose cut or broken form only costs a text. */
const MAY_BE_BROKEN = new Set([
  'SUMMARY',
  'LOCATION',
  'DESCRIPTION',
  'URL',
  'CONFERENCE',
  'X-GOOGLE-CONFERENCE',
  'ATTENDEE',
  'DTSTAMP',
  'X-MICROSOFT-SKYPETEAMSMEETINGURL',
  'X-MICROSOFT-ONLINEMEETINGEXTERNALLINK',
]);
const LINK_NAMES = [
  'X-GOOGLE-CONFERENCE',
  'X-MICROSOFT-SKYPETEAMSMEETINGURL',
  'X-MICROSOFT-ONLINEMEETINGEXTERNALLINK',
  'CONFERENCE',
];
const MAX_UID_LENGTH = 255;
const MAX_DATES = 10_000;
const MAX_RULES = 10;
/** The longest event that is believed, in days. */
const MAX_LENGTH_DAYS = 3_660;

/** Thrown inside this file only: the first thing that makes the event unreadable. */
class Unreadable extends Error {
  readonly code: EventProblem['code'];

  constructor(message: string, code: EventProblem['code'] = 'event_unreadable') {
    super(message);
    this.code = code;
  }
}

/** Reads the event at `place`. Never throws for anything the text may hold. */
export function readEvent(place: ComponentPlace, index: number, context: EventContext): EventReading {
  const wanted = context.owner === undefined ? WANTED : WANTED_WITH_OWNER;
  const read = readContentLines(context.bytes, place, { wanted, maxLineBytes: context.limits.maxLineBytes });
  const lines = new EventLines(read.lines);
  const writtenUid = lines.text('UID').trim();
  try {
    const broken = read.brokenNames.find((name) => !MAY_BE_BROKEN.has(name)) ?? lines.cutName();
    if (broken !== undefined) throw new Unreadable(`its ${broken} line is broken or too long`);
    const event = toEvent(lines, context, { index, line: place.line });
    return { kind: 'event', event, replacedCount: read.replacedCount };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const named = cleanLine(lines.text('SUMMARY'), 60) || cleanLine(writtenUid, 60);
    const message = `The event ${named === '' ? '' : `"${named}" `}on line ${place.line} was left out: ${error.message}.`;
    const uid = cleanLine(writtenUid, MAX_UID_LENGTH);
    const lostSlot = readSlot(lines, context);
    const more = { ...(uid === '' ? {} : { uid }), ...(lostSlot === undefined ? {} : { lostSlot }) };
    return { kind: 'problem', problem: { code: error.code, message, ...more } };
  }
}

function readSlot(lines: EventLines, context: EventContext): EventTime | undefined {
  const line = lines.first('RECURRENCE-ID');
  return line === undefined || parseLocalValue(line.value) === undefined ? undefined : toTime(line, context);
}

/** The lines of one event by name. */
class EventLines {
  readonly #byName = new Map<string, ContentLine[]>();

  constructor(lines: readonly ContentLine[]) {
    for (const line of lines) {
      const same = this.#byName.get(line.name);
      if (same === undefined) this.#byName.set(line.name, [line]);
      else same.push(line);
    }
  }

  all(name: string): readonly ContentLine[] {
    return this.#byName.get(name) ?? [];
  }

  first(name: string): ContentLine | undefined {
    return this.#byName.get(name)?.[0];
  }

  text(name: string): string {
    return unescapeText(this.first(name)?.value ?? '');
  }

  cutName(): string | undefined {
    for (const [name, lines] of this.#byName) {
      if (!MAY_BE_BROKEN.has(name) && lines.some((line) => line.isCut)) return name;
    }
    return undefined;
  }
}

function toEvent(lines: EventLines, context: EventContext, at: { index: number; line: number }): CalendarEvent {
  if (lines.first('EXRULE') !== undefined) throw new Unreadable('it has an EXRULE, which nobody writes any more');
  const startLine = lines.first('DTSTART');
  if (startLine === undefined) throw new Unreadable('it has no DTSTART');
  const start = toTime(startLine, context);
  const rules = lines.all('RRULE').map((line) => line.value.trim());
  if (rules.length > MAX_RULES) throw new Unreadable(`it has more than ${MAX_RULES} rules`);
  const replacesLine = lines.first('RECURRENCE-ID');
  const range = replacesLine?.params.get('RANGE')?.toUpperCase() ?? '';
  return {
    ...at,
    uid: toUid(lines, rules),
    sequence: toSequence(lines.text('SEQUENCE')),
    stampMs: parseLocalValue(lines.text('DTSTAMP'))?.localMs ?? 0,
    start,
    duration: toLength(lines, start, context),
    facts: toFacts(lines, context),
    rules,
    extraStarts: toExtraStarts(lines, start, context),
    exceptions: toTimes(lines.all('EXDATE'), start, context),
    replaces: replacesLine === undefined ? undefined : toTime(replacesLine, context, start),
    range: range === 'THISANDFUTURE' || range === 'THISANDPRIOR' ? range : '',
  };
}

function toSequence(text: string): number {
  return /^\s*\d{1,9}\s*$/.test(text) ? Number(text) : 0;
}

/** The written UID, or one made from what the event says, so that it stays the same in the next feed. */
function toUid(lines: EventLines, rules: readonly string[]): string {
  const written = lines.text('UID').trim();
  if (written !== '' && written.length <= MAX_UID_LENGTH) return written;
  const said = written !== '' ? [written] : ['DTSTART', 'SUMMARY', 'LOCATION', 'URL'].map((name) => lines.text(name));
  return `made-${sha256Hex(JSON.stringify([said, rules])).slice(0, 32)}`;
}

/** A time value of the event; one without a zone takes that of `model` when that names one. */
function toTime(line: ContentLine, context: EventContext, model?: EventTime): EventTime {
  const value = parseLocalValue(line.value);
  if (value === undefined) throw new Unreadable(`its ${line.name} "${cleanLine(line.value, 40)}" is no date`);
  const tzid = line.params.get('TZID');
  const home = context.zones.home;
  if (value.isDate) return { isDate: true, localMs: value.localMs, zone: home, isFloating: true };
  if (value.isUtc) return { isDate: false, localMs: value.localMs, zone: UTC_ZONE, isFloating: false };
  if (tzid !== undefined) {
    return { isDate: false, localMs: value.localMs, zone: context.zones.find(tzid), isFloating: false };
  }
  const isModelZoned = model !== undefined && !model.isDate && model.zone !== UTC_ZONE;
  return { isDate: false, localMs: value.localMs, zone: isModelZoned ? model.zone : home, isFloating: true };
}

function toTimes(lines: readonly ContentLine[], model: EventTime, context: EventContext): readonly EventTime[] {
  const times: EventTime[] = [];
  for (const line of lines) {
    for (const value of line.value.split(',')) {
      if (value.trim() === '') continue;
      if (times.length >= MAX_DATES) throw new Unreadable(`it has more than ${MAX_DATES} exceptions`);
      times.push(toTime({ ...line, value }, context, model));
    }
  }
  return times;
}

function toExtraStarts(lines: EventLines, model: EventTime, context: EventContext): readonly ExtraStart[] {
  const extras: ExtraStart[] = [];
  for (const line of lines.all('RDATE')) {
    for (const text of line.value.split(',')) {
      if (text.trim() === '') continue;
      if (extras.length >= MAX_DATES) throw new Unreadable(`it has more than ${MAX_DATES} dates`);
      const [from, until] = text.split('/');
      const start = toTime({ ...line, value: from ?? '' }, context, model);
      extras.push({ start, duration: until === undefined ? undefined : toPeriodLength(start, until, line, context) });
    }
  }
  return extras;
}

function toPeriodLength(start: EventTime, until: string, line: ContentLine, context: EventContext): DurationValue {
  const length = parseDuration(until) ?? between(start, toTime({ ...line, value: until }, context, start));
  if (isNegative(length)) throw new Unreadable('it has a period that ends before it begins');
  return length;
}

/** When the clock in its zone shows this time, in ms since 1970. */
export function instantOf(time: EventTime): number {
  return instantFromLocal(time.localMs, time.zone.offsetAt);
}

/** The length of the event by RFC 5545, 3.6.1: DTEND, DURATION, a day for dates, nothing for times. */
function toLength(lines: EventLines, start: EventTime, context: EventContext): DurationValue {
  const endLine = lines.first('DTEND');
  const durationText = lines.first('DURATION')?.value;
  let length: DurationValue = { days: start.isDate ? 1 : 0, restMs: 0 };
  if (endLine !== undefined) length = between(start, toTime(endLine, context, start));
  else if (durationText !== undefined) length = readDuration(durationText, start.isDate);
  if (isNegative(length)) throw new Unreadable('it ends before it begins', 'event_dropped');
  if (length.days + length.restMs / DAY_MS > MAX_LENGTH_DAYS) throw new Unreadable('it is longer than ten years');
  // Some exporters end an all-day event on the day it begins, meaning that day.
  return start.isDate && length.days === 0 ? { days: 1, restMs: 0 } : length;
}

function readDuration(text: string, isDate: boolean): DurationValue {
  const duration = parseDuration(text);
  if (duration === undefined) throw new Unreadable(`its DURATION "${cleanLine(text, 40)}" is none`);
  if (!isDate) return duration;
  return { days: duration.days + Math.ceil(duration.restMs / DAY_MS), restMs: 0 };
}

function isNegative(length: DurationValue): boolean {
  return length.days * DAY_MS + length.restMs < 0;
}

/** From start to end: in days when the start is a day, else exact time. */
function between(start: EventTime, end: EventTime): DurationValue {
  if (start.isDate) return { days: Math.ceil((end.localMs - start.localMs) / DAY_MS), restMs: 0 };
  return { days: 0, restMs: instantOf(end) - instantOf(start) };
}

function toFacts(lines: EventLines, context: EventContext): EventFacts {
  const location = lines.text('LOCATION');
  const description = lines.text('DESCRIPTION');
  const status = lines.text('STATUS').trim().toLowerCase();
  return {
    title: cleanTitle(lines.text('SUMMARY')),
    location: cleanLocation(location),
    joinUrl: findJoinUrl({ links: LINK_NAMES.map((name) => lines.first(name)?.value ?? ''), location, description }),
    description: context.limits.includeDescription ? cleanDescription(description) : '',
    status:
      status === 'canceled'
        ? 'cancelled'
        : (['tentative', 'confirmed', 'cancelled'].find((word) => word === status) ?? ''),
    showAs: toShowAs({
      outlookDeleted: lines.text('X-OUTLOOK-DELETED'),
      busyStatus: lines.text('X-MICROSOFT-CDO-BUSYSTATUS'),
      status,
      transparency: lines.text('TRANSP'),
      ownerAnswer: ownerAnswer(lines, context.owner),
    }),
  };
}

function ownerAnswer(lines: EventLines, owner: string | undefined): string {
  if (owner === undefined) return '';
  const address = `mailto:${owner.toLowerCase()}`;
  const line = lines.all('ATTENDEE').find((attendee) => attendee.value.trim().toLowerCase() === address);
  return line?.params.get('PARTSTAT') ?? '';
}
