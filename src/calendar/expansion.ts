/**
 * The front door: calendar text → occurrences in a window, and warnings about what was left out.
 *
 * Works through one event at a time and says which, so that whoever runs it can end it in a
 * hopeless one and start again without. Sources differ from each other in nothing but their
 * bytes: same bytes and options, same answer.
 */
import { DAY_MS, isZone, MoonpoolError, resolveOptions } from '../core/index.ts';
import { type ComponentPlace, type RefusalReason, scanComponents } from './component-scan.ts';
import { type ByteRange, readContentLines, unescapeText } from './content-line.ts';
import { type CalendarEvent, type EventContext, readEvent } from './event.ts';
import { cleanLine } from './event-text.ts';
import { CALENDAR_LIMITS, type CalendarOptions, type CalendarProgress, MAX_WINDOW_DAYS } from './limits.ts';
import { type Occurrence, OccurrenceList, type OccurrenceSource, toOccurrence } from './occurrence.ts';
import { chooseMaster, expandSeries, ruleProblem, type Series, type SeriesContext } from './series.ts';
import { type CalendarWarning, WarningList } from './warnings.ts';
import { ZoneTable } from './zone-table.ts';

/** What a text gave. */
export type CalendarResult =
  | {
      readonly kind: 'calendar';
      /** What the calendar calls itself, or ''. */
      readonly name: string;
      /** In order of start; all-day first among equals. */
      readonly occurrences: readonly Occurrence[];
      readonly warnings: readonly CalendarWarning[];
      readonly stats: CalendarStats;
    }
  | {
      readonly kind: 'not_a_calendar';
      readonly reason: RefusalReason;
      /** A sentence for people. */
      readonly message: string;
    };

/** Counts over the whole calendar, inside the window or not. */
export interface CalendarStats {
  /** Events in the text. */
  readonly event_count: number;
  /** Events that were left out, each named by a warning as far as there is room. */
  readonly skipped_count: number;
  /** Warnings beyond the first 100. */
  readonly warnings_left_out: number;
}

/** Room for the events of a calendar and what is known to be wrong with them. */
interface Work {
  readonly context: EventContext;
  readonly warnings: WarningList;
  readonly progress: CalendarProgress;
  skippedCount: number;
  replacedCount: number;
}

/**
 * Everything that happens in the window, by a calendar's text.
 *
 * @throws FLOW_ACTION when the window or the zone cannot be used; never for anything in the text
 */
export function expandCalendar(
  source: string | Uint8Array,
  options: CalendarOptions,
  progress: CalendarProgress = {},
): CalendarResult {
  checkOptions(options);
  progress.onComponent?.(-1);
  const bytes = typeof source === 'string' ? new TextEncoder().encode(source) : source;
  const limits = { ...resolveOptions('calendar', CALENDAR_LIMITS), ...options.limits };
  const warnings = new WarningList();
  const scan = scanComponents(bytes, limits, warnings);
  if (scan.kind === 'not_a_calendar') return scan;
  const zones = new ZoneTable({ home: options.zone, warnings });
  for (const place of scan.zones) zones.define(bytes, place);
  const context: EventContext = { bytes, zones, limits, owner: options.owner };
  const unended = warnings.items.length + warnings.leftOutCount;
  const work: Work = { context, warnings, progress, skippedCount: unended, replacedCount: 0 };
  const series = readSeries(scan.events, work);
  const occurrences = expandAll(series, work, options);
  if (work.replacedCount > 0) {
    const message = `${work.replacedCount} characters of the calendar are not UTF-8 and were replaced.`;
    warnings.add({ code: 'text_replaced', message });
  }
  return {
    kind: 'calendar',
    name: readName(bytes, scan.header),
    occurrences,
    warnings: warnings.items,
    stats: {
      event_count: scan.events.length + unended,
      skipped_count: work.skippedCount,
      warnings_left_out: warnings.leftOutCount,
    },
  };
}

function checkOptions({ fromMs, toMs, zone }: CalendarOptions): void {
  if (!isZone(zone)) {
    throw new MoonpoolError(
      'FLOW_ACTION',
      `There is no time zone "${zone.slice(0, 60)}"; use a name such as Europe/Berlin.`,
    );
  }
  const isWindow = Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs < toMs;
  if (!isWindow || toMs - fromMs > MAX_WINDOW_DAYS * DAY_MS) {
    const message = `The window must end after it begins, at most ${MAX_WINDOW_DAYS} days later; got ${fromMs} to ${toMs}.`;
    throw new MoonpoolError('FLOW_ACTION', message);
  }
}

function readName(bytes: Uint8Array, header: ByteRange): string {
  const wanted = new Set(['X-WR-CALNAME']);
  const { lines } = readContentLines(bytes, skipBegin(bytes, header), { wanted, maxLineBytes: 1_000 });
  return cleanLine(unescapeText(lines[0]?.value ?? ''), 200);
}

/** The header without its BEGIN:VCALENDAR, so that its lines are not taken for those of an inner component. */
function skipBegin(bytes: Uint8Array, header: ByteRange): ByteRange {
  const end = bytes.indexOf(10, header.from);
  return { from: end === -1 ? header.to : end + 1, to: header.to };
}

/** Reads every event and puts those with the same UID together. */
function readSeries(places: readonly ComponentPlace[], work: Work): ReadonlyMap<string, Series> {
  const byUid = new Map<string, Series>();
  const seriesOf = (uid: string): Series => {
    const known = byUid.get(uid);
    if (known !== undefined) return known;
    const made: Series = { masters: [], overrides: [], lostSlots: [] };
    byUid.set(uid, made);
    return made;
  };
  for (const [index, place] of places.entries()) {
    if (work.progress.skip?.has(index)) {
      giveUp(place, index, work);
      continue;
    }
    work.progress.onComponent?.(index);
    const reading = readEvent(place, index, work.context);
    if (reading.kind === 'event') {
      work.replacedCount += reading.replacedCount;
      const { masters, overrides } = seriesOf(reading.event.uid);
      (reading.event.replaces === undefined ? masters : overrides).push(reading.event);
      continue;
    }
    const { lostSlot, ...problem } = reading.problem;
    if (lostSlot !== undefined && problem.uid !== undefined) seriesOf(problem.uid).lostSlots.push(lostSlot);
    work.skippedCount += 1;
    work.warnings.add({ ...problem, line: place.line });
  }
  return byUid;
}

/** Names an event that took too long in an earlier try, as far as its text can be read quickly. */
function giveUp(place: ComponentPlace, index: number, work: Work): void {
  const reading = readEvent(place, index, work.context);
  const event = reading.kind === 'event' ? reading.event : undefined;
  const named = event === undefined || event.facts.title === '' ? '' : `"${event.facts.title.slice(0, 60)}" `;
  work.skippedCount += 1;
  work.warnings.add({
    code: 'event_given_up',
    message: `The event ${named}on line ${place.line} was left out: its rule takes too long to work out.`,
    line: place.line,
    ...(event === undefined ? {} : { uid: event.uid }),
  });
}

function expandAll(byUid: ReadonlyMap<string, Series>, work: Work, options: CalendarOptions): readonly Occurrence[] {
  const { zones, limits } = work.context;
  const list = new OccurrenceList(limits.maxOccurrences);
  // A rule can turn out to be broken after its first dates: a series counts when it is through.
  let pending: OccurrenceSource[] = [];
  const context: SeriesContext = {
    fromMs: options.fromMs,
    toMs: options.toMs,
    home: zones.home,
    limits,
    warnings: work.warnings,
    emit: (source) => pending.push(source),
  };
  for (const series of byUid.values()) {
    const master = chooseMaster(series, work.warnings);
    const first = master ?? series.overrides[0];
    if (first === undefined) continue;
    work.progress.onComponent?.(first.index);
    pending = [];
    const message = expandOrExplain(series, master, context);
    if (message !== undefined && master !== undefined) {
      work.skippedCount += 1;
      work.warnings.add({ code: 'event_unreadable', message, line: master.line, uid: master.uid });
      // What replaces slots of the series is known all the same.
      pending = [];
      expandSeries(series, undefined, context);
    }
    for (const source of pending) list.add(toOccurrence(source, zones.home));
  }
  return list.finish(work.warnings);
}

/** Expands one series; gives the sentence that says why its rule is refused, if it is. */
function expandOrExplain(
  series: Series,
  master: CalendarEvent | undefined,
  context: SeriesContext,
): string | undefined {
  try {
    expandSeries(series, master, context);
    return undefined;
  } catch (error) {
    const message = master === undefined ? undefined : ruleProblem(error, master);
    if (message === undefined) throw error;
    return message;
  }
}
