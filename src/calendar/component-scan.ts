/**
 * Finds where the components of a calendar lie in its bytes, without reading what is in them.
 *
 * This is the door that keeps out what is no calendar: a login page, an empty answer, half a
 * file. A file is taken whole or not at all; single broken events are somebody else's matter.
 */
import { formatSize } from '../core/index.ts';
import { type ByteRange, endOfLine } from './content-line.ts';
import type { CalendarLimits } from './limits.ts';
import type { WarningList } from './warnings.ts';

/** A component by place: its lines lie between `from` and `to`, without BEGIN and END. */
export interface ComponentPlace extends ByteRange {
  /** Line of its BEGIN, from 1. */
  readonly line: number;
}

/** Why a text was refused as a whole. */
export type RefusalReason = 'empty' | 'html' | 'no_calendar' | 'truncated' | 'too_large' | 'too_many_events';

/** What a text turned out to be. */
export type ComponentScan =
  | {
      readonly kind: 'calendar';
      readonly events: readonly ComponentPlace[];
      readonly zones: readonly ComponentPlace[];
      /** The calendar's own properties, in pieces between its components. */
      readonly header: ByteRange;
    }
  | { readonly kind: 'not_a_calendar'; readonly reason: RefusalReason; readonly message: string };

const LETTER_B = 66;
const LETTER_E = 69;
const CR = 13;
const MAX_MARK_LENGTH = 80;
const MAX_ZONES = 1_000;

/** Finds all VEVENT and VTIMEZONE components; events that do not end are left out with a warning. */
export function scanComponents(bytes: Uint8Array, limits: CalendarLimits, warnings: WarningList): ComponentScan {
  if (bytes.length > limits.maxFeedBytes) {
    const size = `${formatSize(bytes.length)}, more than the ${formatSize(limits.maxFeedBytes)} allowed`;
    return refuse('too_large', `The calendar has ${size}; raise max_feed if it is meant to be that large.`);
  }
  const begin = startOfText(bytes);
  const refusal = refuseByStart(bytes, begin);
  if (refusal !== undefined) return refusal;
  const scan = new Scan(warnings, limits.maxEvents);
  for (let at = begin, line = 1; at < bytes.length; line += 1) {
    const end = endOfLine(bytes, at, bytes.length);
    const mark = markAt(bytes, at, end);
    if (mark !== undefined) scan.take(mark, { line, from: at, next: end + 1 });
    if (scan.isOverfull) {
      const count = `more than the ${limits.maxEvents} events allowed`;
      return refuse('too_many_events', `The calendar has ${count}; raise max_events, or ask for a shorter one.`);
    }
    at = end + 1;
  }
  if (scan.isOpen) return refuse('truncated', 'The calendar ends before END:VCALENDAR, so part of it is missing.');
  return { kind: 'calendar', events: scan.events, zones: scan.zones, header: { from: begin, to: scan.headerTo } };
}

function refuse(reason: RefusalReason, message: string): ComponentScan {
  return { kind: 'not_a_calendar', reason, message };
}

/** The first byte that is no byte-order mark and no blank. */
function startOfText(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length && (bytes[at] ?? 0) <= 32 && bytes[at] !== 0) at += 1;
  return at;
}

function refuseByStart(bytes: Uint8Array, begin: number): ComponentScan | undefined {
  if (begin >= bytes.length) return refuse('empty', 'The calendar is empty: not even BEGIN:VCALENDAR is there.');
  const mark = markAt(bytes, begin, endOfLine(bytes, begin, bytes.length));
  if (mark === 'BEGIN:VCALENDAR') return undefined;
  if (bytes[begin] === 60) return refuse('html', 'The answer is a web page or XML, not a calendar.');
  return refuse('no_calendar', 'The text does not begin with BEGIN:VCALENDAR, so it is not a calendar.');
}

/** The line in upper case when it is a BEGIN or END, else undefined. */
function markAt(bytes: Uint8Array, from: number, to: number): string | undefined {
  const first = (bytes[from] ?? 0) & 0xdf;
  if (first !== LETTER_B && first !== LETTER_E) return undefined;
  let text = '';
  for (let at = from; at < Math.min(to, from + MAX_MARK_LENGTH); at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== CR) text += String.fromCharCode(byte);
  }
  const mark = /^(BEGIN|END)(?:;[^:]*)?:\s*([A-Z0-9-]+)\s*$/.exec(text.toUpperCase());
  return mark === null ? undefined : `${mark[1]}:${mark[2]}`;
}

interface MarkPlace {
  readonly line: number;
  /** Start of the marking line. */
  readonly from: number;
  /** Start of the line after it. */
  readonly next: number;
}

/** Follows BEGIN and END through the file. */
class Scan {
  readonly events: ComponentPlace[] = [];
  readonly zones: ComponentPlace[] = [];
  headerTo = 0;
  #isInCalendar = false;
  /** The component directly inside the calendar that is open, with the names open inside it. */
  #open: { readonly name: string; readonly at: MarkPlace; inner: number } | undefined;
  readonly #warnings: WarningList;
  readonly #maxEvents: number;

  constructor(warnings: WarningList, maxEvents: number) {
    this.#warnings = warnings;
    this.#maxEvents = maxEvents;
  }

  get isOpen(): boolean {
    return this.#isInCalendar;
  }

  get isOverfull(): boolean {
    return this.events.length > this.#maxEvents;
  }

  take(mark: string, at: MarkPlace): void {
    const isBegin = mark.startsWith('BEGIN:');
    const name = mark.slice(isBegin ? 6 : 4);
    if (name === 'VCALENDAR') {
      this.#dropOpen();
      this.#isInCalendar = isBegin;
      if (!isBegin && this.headerTo === 0) this.headerTo = at.from;
    } else if (isBegin) this.#begin(name, at);
    else this.#end(name, at);
  }

  #begin(name: string, at: MarkPlace): void {
    // An event never lies inside another: the outer one lost its END.
    if (name === 'VEVENT') this.#dropOpen();
    if (this.headerTo === 0) this.headerTo = at.from;
    if (this.#open === undefined) this.#open = { name, at, inner: 0 };
    else this.#open.inner += 1;
  }

  #end(name: string, at: MarkPlace): void {
    if (this.#open === undefined) return;
    if (this.#open.name !== name) {
      if (this.#open.inner > 0) this.#open.inner -= 1;
      return;
    }
    const place = { line: this.#open.at.line, from: this.#open.at.next, to: at.from };
    if (name === 'VEVENT') this.events.push(place);
    else if (name === 'VTIMEZONE' && this.zones.length < MAX_ZONES) this.zones.push(place);
    this.#open = undefined;
  }

  #dropOpen(): void {
    if (this.#open?.name === 'VEVENT') {
      const { line } = this.#open.at;
      const message = `The event that begins on line ${line} has no END:VEVENT and was left out.`;
      this.#warnings.add({ code: 'event_unreadable', message, line });
    }
    this.#open = undefined;
  }
}
