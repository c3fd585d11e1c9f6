/**
 * What a calendar gives: one row per time something happens, as plain JSON.
 */
import { type CivilParts, DAY_MS, instantFromLocal, partsAtOffset, sha256Hex } from '../core/index.ts';
import type { CalendarEvent, EventFacts } from './event.ts';
import type { ShowAs } from './show-as.ts';
import type { DurationValue } from './time-value.ts';
import type { WarningList } from './warnings.ts';
import type { EventZone } from './zone-table.ts';

/** A clock time in the household's zone, for rules. */
export interface OccurrenceLocal {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number;
}

/** One time something happens. Texts are never absent, only ''. */
export interface Occurrence {
  /** Made of UID and original start: stays the same when the occurrence is moved or renamed. 24 hex digits. */
  readonly id: string;
  readonly uid: string;
  readonly title: string;
  readonly location: string;
  /** Link into the meeting, http(s) only. */
  readonly join_url: string;
  readonly description: string;
  readonly start_ms: number;
  /** Not included; equal to the start for an event without length. */
  readonly end_ms: number;
  /** In the household's zone. For an all-day event its date, at midnight. */
  readonly start_local: OccurrenceLocal;
  /** As `start_local`; for an all-day event the day after its last. */
  readonly end_local: OccurrenceLocal;
  readonly all_day: boolean;
  /** The zone the event was written in. */
  readonly zone: string;
  readonly show_as: ShowAs;
  /** `confirmed`, `tentative`, `cancelled` or '' as the event says. */
  readonly status: string;
  /** True for one of a series. */
  readonly recurring: boolean;
  readonly sequence: number;
  /** The slot of the series this is, before it was moved. */
  readonly original_start_ms: number;
}

/** What makes an occurrence out of an event. */
export interface OccurrenceSource {
  readonly uid: string;
  readonly sequence: number;
  readonly facts: EventFacts;
  readonly isDate: boolean;
  readonly localMs: number;
  readonly zone: EventZone;
  readonly duration: DurationValue;
  readonly isRecurring: boolean;
  /** For days the local midnight, for times the instant. */
  readonly slot: { readonly isDate: boolean; readonly at: number };
}

/** From when to when an occurrence lasts, in ms since 1970; days run from midnight to midnight at home. */
export function spanOf(
  source: Pick<OccurrenceSource, 'isDate' | 'localMs' | 'zone' | 'duration'>,
  home: EventZone,
): { readonly startMs: number; readonly endMs: number } {
  const { localMs, duration } = source;
  const zone = source.isDate ? home : source.zone;
  const startMs = instantFromLocal(localMs, zone.offsetAt);
  if (duration.days === 0) return { startMs, endMs: startMs + duration.restMs };
  return { startMs, endMs: instantFromLocal(localMs + duration.days * DAY_MS, zone.offsetAt) + duration.restMs };
}

/** The occurrence as a row. */
export function toOccurrence(source: OccurrenceSource, home: EventZone): Occurrence {
  const { facts, isDate, slot } = source;
  const { startMs, endMs } = spanOf(source, home);
  const endLocalMs = source.localMs + source.duration.days * DAY_MS;
  return {
    id: sha256Hex(JSON.stringify([source.uid, slot.isDate, slot.at])).slice(0, 24),
    uid: source.uid,
    title: facts.title,
    location: facts.location,
    join_url: facts.joinUrl,
    description: facts.description,
    start_ms: startMs,
    end_ms: endMs,
    start_local: toLocal(isDate ? partsAtOffset(source.localMs, 0) : partsAtOffset(startMs, home.offsetAt(startMs))),
    end_local: toLocal(isDate ? partsAtOffset(endLocalMs, 0) : partsAtOffset(endMs, home.offsetAt(endMs))),
    all_day: isDate,
    zone: isDate ? home.name : source.zone.name,
    show_as: facts.showAs,
    status: facts.status,
    recurring: source.isRecurring,
    sequence: source.sequence,
    original_start_ms: slot.isDate ? instantFromLocal(slot.at, home.offsetAt) : slot.at,
  };
}

function toLocal({ year, month, day, hour, minute, weekday }: CivilParts): OccurrenceLocal {
  return { year, month, day, hour, minute, weekday };
}

/** True when `event` is a newer version of the same thing than `other`: by SEQUENCE, DTSTAMP, then place in the file. */
export function isNewer(event: CalendarEvent, other: CalendarEvent): boolean {
  if (event.sequence !== other.sequence) return event.sequence > other.sequence;
  if (event.stampMs !== other.stampMs) return event.stampMs > other.stampMs;
  return event.index > other.index;
}

/** The order of every list of occurrences: start, all-day first, title, id; by code unit, so the same everywhere. */
function compareOccurrences(a: Occurrence, b: Occurrence): number {
  if (a.start_ms !== b.start_ms) return a.start_ms - b.start_ms;
  if (a.all_day !== b.all_day) return a.all_day ? -1 : 1;
  if (a.title !== b.title) return a.title < b.title ? -1 : 1;
  if (a.id !== b.id) return a.id < b.id ? -1 : 1;
  return 0;
}

/** Lists of several calendars as one; an occurrence that is in two of them is taken from the first. */
export function mergeOccurrences(lists: readonly (readonly Occurrence[])[]): readonly Occurrence[] {
  const byId = new Map<string, Occurrence>();
  for (const occurrence of lists.flat()) if (!byId.has(occurrence.id)) byId.set(occurrence.id, occurrence);
  return [...byId.values()].sort(compareOccurrences);
}

/** Collects occurrences; when they grow too many it keeps the earliest. */
export class OccurrenceList {
  #items: Occurrence[] = [];
  #leftOutCount = 0;
  readonly #maxCount: number;

  constructor(maxCount: number) {
    this.#maxCount = maxCount;
  }

  add(occurrence: Occurrence): void {
    this.#items.push(occurrence);
    if (this.#items.length > this.#maxCount * 4) this.#cut();
  }

  /** The occurrences in order; says in `warnings` when some were left out. */
  finish(warnings: WarningList): readonly Occurrence[] {
    this.#cut();
    if (this.#leftOutCount > 0) {
      const message = `Only the first ${this.#maxCount} occurrences are given; ${this.#leftOutCount} later ones were left out.`;
      warnings.add({ code: 'occurrences_cut', message });
    }
    return this.#items;
  }

  #cut(): void {
    this.#items.sort(compareOccurrences);
    this.#leftOutCount += Math.max(0, this.#items.length - this.#maxCount);
    this.#items = this.#items.slice(0, this.#maxCount);
  }
}
