/**
 * The events that share a UID → the occurrences they give within a window.
 *
 * A series is its newest master, the slots taken out of it, and the events that replace slots.
 * Slots are compared as instants (days as dates), whatever zone each was written in.
 */
import { DAY_MS, HOUR_MS } from '../core/index.ts';
import { type CalendarEvent, type EventTime, type ExtraStart, instantOf } from './event.ts';
import type { CalendarLimits } from './limits.ts';
import { isNewer, type OccurrenceSource, spanOf } from './occurrence.ts';
import { type RuleWindow, walkRule } from './recurrence.ts';
import { parseRule, RuleError, type RuleStart } from './rule-text.ts';
import { isShown } from './show-as.ts';
import type { DurationValue } from './time-value.ts';
import type { WarningList } from './warnings.ts';
import type { EventZone } from './zone-table.ts';

/** Everything in a calendar that has one UID. */
export interface Series {
  readonly masters: CalendarEvent[];
  readonly overrides: CalendarEvent[];
  /** Slots whose replacement could not be read. */
  readonly lostSlots: EventTime[];
}

/** What every series of a calendar is expanded with. */
export interface SeriesContext {
  readonly fromMs: number;
  readonly toMs: number;
  readonly home: EventZone;
  readonly limits: CalendarLimits;
  readonly warnings: WarningList;
  readonly emit: (source: OccurrenceSource) => void;
}

/** How far the offset of a zone may differ within a window from that at its edges. */
const ZONE_MARGIN_MS = 3 * HOUR_MS;
/** The furthest that "this and all future ones" may be moved. */
const MAX_SHIFT_MS = 400 * DAY_MS;

/** The newest master of a series; says so when two claim to be it and neither is newer. */
export function chooseMaster(series: Series, warnings: WarningList): CalendarEvent | undefined {
  let chosen: CalendarEvent | undefined;
  for (const master of series.masters) {
    if (
      chosen !== undefined &&
      master.sequence === chosen.sequence &&
      instantOf(master.start) !== instantOf(chosen.start)
    ) {
      const message = `Two events share the UID of "${master.facts.title}"; the one on line ${master.line} was taken.`;
      warnings.add({ code: 'duplicate_uid', message, line: master.line, uid: master.uid });
    }
    if (chosen === undefined || isNewer(master, chosen)) chosen = master;
  }
  return chosen;
}

/** Gives every occurrence of the series that touches the window to `context.emit`. */
export function expandSeries(series: Series, master: CalendarEvent | undefined, context: SeriesContext): void {
  if (master === undefined) {
    for (const override of newestBySlot(series.overrides, undefined).values())
      emitOverride(override, undefined, context);
    return;
  }
  const taken = newestBySlot(series.overrides, master);
  const changes = toRangeChanges(taken, master, context);
  if (master.rules.length > 0 || master.extraStarts.length > 0) {
    const excluded = new Set(series.lostSlots.map((slot) => slotAt(slot, master)));
    expandMaster(master, { taken, changes, excluded }, context);
  } else if (!taken.has(slotAt(master.start, master))) emitInstance(master, master.start, undefined, context);
  for (const [slot, override] of taken) {
    const isRefused = override.range !== '' && !changes.some((change) => change.from === slot);
    if (!isRefused) emitOverride(override, master, context);
  }
}

/** A slot as a number: the instant, or for a series of days the local midnight. */
function slotAt(time: EventTime, master: CalendarEvent): number {
  if (!master.start.isDate) return time.isDate ? Number.NaN : instantOf(time);
  // Exchange names the day of an all-day slot as midnight in some zone; UTC means midnight at home.
  const localMs = time.zone.name === 'UTC' && !time.isDate ? toHomeLocal(time, master.start.zone) : time.localMs;
  return startOfDay(localMs);
}

function toHomeLocal(time: EventTime, home: EventZone): number {
  const atMs = instantOf(time);
  return atMs + home.offsetAt(atMs);
}

function startOfDay(localMs: number): number {
  return Math.floor(localMs / DAY_MS) * DAY_MS;
}

/** The newest override of each slot; a slot named by date alone is found on the clock of the master. */
function newestBySlot(
  overrides: readonly CalendarEvent[],
  master: CalendarEvent | undefined,
): Map<number, CalendarEvent> {
  const bySlot = new Map<number, CalendarEvent>();
  for (const override of overrides) {
    const slot = slotOfOverride(override, master);
    const other = bySlot.get(slot);
    if (other === undefined || isNewer(override, other)) bySlot.set(slot, override);
  }
  return bySlot;
}

function slotOfOverride(override: CalendarEvent, master: CalendarEvent | undefined): number {
  const slot = override.replaces ?? override.start;
  if (master === undefined) return slot.isDate ? slot.localMs : instantOf(slot);
  if (!slot.isDate || master.start.isDate) return slotAt(slot, master);
  const timeOfDay = master.start.localMs - startOfDay(master.start.localMs);
  return instantOf({ ...master.start, localMs: slot.localMs + timeOfDay });
}

/** "This and all future ones": from a slot on, everything is moved and reads differently. */
interface RangeChange {
  readonly from: number;
  readonly shiftMs: number;
  readonly event: CalendarEvent;
}

function toRangeChanges(
  taken: ReadonlyMap<number, CalendarEvent>,
  master: CalendarEvent,
  context: SeriesContext,
): readonly RangeChange[] {
  const changes: RangeChange[] = [];
  for (const [from, event] of taken) {
    if (event.range === '') continue;
    const shiftMs = shiftOf(event, from, master);
    const isFit =
      event.range === 'THISANDFUTURE' && event.rules.length === 0 && event.start.isDate === master.start.isDate;
    if (isFit && Math.abs(shiftMs) <= MAX_SHIFT_MS) changes.push({ from, shiftMs, event });
    else {
      const message = `A change of "${event.facts.title}" and all its ${event.range === 'THISANDPRIOR' ? 'earlier' : 'later'} dates (line ${event.line}) cannot be applied; the series is shown as it was.`;
      context.warnings.add({ code: 'range_refused', message, line: event.line, uid: event.uid });
    }
  }
  return changes.sort((a, b) => a.from - b.from);
}

/** How far the event moves its slot, on the clock of the master. */
function shiftOf(event: CalendarEvent, slot: number, master: CalendarEvent): number {
  if (master.start.isDate) return event.start.localMs - slot;
  const { offsetAt } = master.start.zone;
  const newMs = instantOf(event.start);
  return newMs + offsetAt(newMs) - (slot + offsetAt(slot));
}

interface Exceptions {
  readonly taken: ReadonlyMap<number, CalendarEvent>;
  readonly changes: readonly RangeChange[];
  /** Slots without occurrence, from EXDATE and unreadable replacements. */
  readonly excluded: Set<number>;
}

function expandMaster(master: CalendarEvent, exceptions: Exceptions, context: SeriesContext): void {
  const { taken, changes, excluded } = exceptions;
  const excludedDays = new Set<number>();
  for (const exception of master.exceptions) {
    if (exception.isDate && !master.start.isDate) excludedDays.add(exception.localMs);
    else excluded.add(slotAt(exception, master));
  }
  const seen = new Set<number>();
  const emit = ({ start, duration }: ExtraStart): boolean => {
    const slot = slotAt(start, master);
    if (seen.has(slot) || excluded.has(slot) || excludedDays.has(startOfDay(start.localMs))) return false;
    seen.add(slot);
    if (isReplaced(taken.get(slot), slot, changes)) return false;
    const change = changes.findLast((candidate) => candidate.from <= slot);
    return emitInstance(master, start, { change, duration }, context);
  };
  const isEverShown = [master, ...changes.map((change) => change.event)].some(({ facts }) => isShown(facts.showAs));
  // What is hidden anyway need not be worked out.
  if (!isEverShown && !context.limits.includeHidden) return;
  for (const text of master.rules) emitRule(text, master, { changes, emit }, context);
  if (master.rules.length === 0) emit({ start: master.start, duration: undefined });
  for (const extra of master.extraStarts) if (extra.start.isDate === master.start.isDate) emit(extra);
}

/** Emits what one rule gives in and shortly before the window, up to the ceiling. */
function emitRule(
  text: string,
  master: CalendarEvent,
  how: { readonly changes: readonly RangeChange[]; readonly emit: (start: ExtraStart) => boolean },
  context: SeriesContext,
): void {
  const ruleStart: RuleStart = { ...master.start, home: context.home };
  const walk = walkRule(parseRule(text, ruleStart), ruleStart, windowOf(master, how.changes, context));
  let emittedCount = 0;
  for (let next = walk.next(); ; next = walk.next()) {
    if (next.done) {
      if (next.value) warnCut(master, context);
      return;
    }
    if (!how.emit({ start: { ...master.start, localMs: next.value }, duration: undefined })) continue;
    emittedCount += 1;
    if (emittedCount < context.limits.maxOccurrencesPerRule) continue;
    // Only a series that would have gone on was cut.
    const after = walk.next();
    if (!after.done || after.value) warnCut(master, context);
    return;
  }
}

/** The part of the series, on the master's clock, that can touch the window. */
function windowOf(master: CalendarEvent, changes: readonly RangeChange[], context: SeriesContext): RuleWindow {
  const shifts = changes.map((change) => change.shiftMs);
  const lengths = [master, ...changes.map((change) => change.event)].map(({ duration }) => lengthOf(duration));
  const { offsetAt } = master.start.zone;
  const leadMs = Math.max(0, ...lengths) + Math.max(0, ...shifts) + ZONE_MARGIN_MS;
  return {
    fromLocalMs: context.fromMs + offsetAt(context.fromMs) - leadMs,
    toLocalMs: context.toMs + offsetAt(context.toMs) + ZONE_MARGIN_MS - Math.min(0, ...shifts),
    maxSteps: context.limits.maxStepsPerRule,
  };
}

/** A refused range leaves its slot as it was. */
function isReplaced(override: CalendarEvent | undefined, slot: number, changes: readonly RangeChange[]): boolean {
  return override !== undefined && (override.range === '' || changes.some((change) => change.from === slot));
}

function warnCut(master: CalendarEvent, context: SeriesContext): void {
  const message = `The series "${master.facts.title}" (line ${master.line}) has more dates than are read; later ones were left out.`;
  context.warnings.add({ code: 'rule_cut', message, line: master.line, uid: master.uid });
}

function lengthOf(duration: DurationValue): number {
  return duration.days * DAY_MS + duration.restMs;
}

function emitInstance(
  master: CalendarEvent,
  start: EventTime,
  more: { readonly change: RangeChange | undefined; readonly duration: DurationValue | undefined } | undefined,
  context: SeriesContext,
): boolean {
  const change = more?.change;
  const source: OccurrenceSource = {
    uid: master.uid,
    sequence: change?.event.sequence ?? master.sequence,
    facts: change?.event.facts ?? master.facts,
    isDate: start.isDate,
    localMs: start.localMs + (change?.shiftMs ?? 0),
    zone: start.zone,
    duration: change?.event.duration ?? more?.duration ?? master.duration,
    isRecurring: more !== undefined,
    slot: { isDate: start.isDate, at: slotAt(start, master) },
  };
  return emitIfSeen(source, context);
}

function emitOverride(override: CalendarEvent, master: CalendarEvent | undefined, context: SeriesContext): void {
  const slot = override.replaces ?? override.start;
  const isDate = master?.start.isDate ?? slot.isDate;
  const source: OccurrenceSource = {
    uid: override.uid,
    sequence: override.sequence,
    facts: override.facts,
    isDate: override.start.isDate,
    localMs: override.start.localMs,
    zone: override.start.zone,
    duration: override.duration,
    isRecurring: true,
    slot: { isDate, at: slotOfOverride(override, master) },
  };
  emitIfSeen(source, context);
}

/** Passes on what lies in the window and is shown; false for the rest. */
function emitIfSeen(source: OccurrenceSource, context: SeriesContext): boolean {
  const { startMs, endMs } = spanOf(source, context.home);
  const isInside =
    startMs < context.toMs && (endMs > context.fromMs || (startMs === endMs && startMs >= context.fromMs));
  if (!isInside || !(isShown(source.facts.showAs) || context.limits.includeHidden)) return false;
  context.emit(source);
  return true;
}

/** The sentence for a series that cannot be expanded, or undefined when `error` is another kind of failure. */
export function ruleProblem(error: unknown, master: CalendarEvent): string | undefined {
  if (!(error instanceof RuleError)) return undefined;
  const named = master.facts.title === '' ? '' : `"${master.facts.title.slice(0, 60)}" `;
  return `The event ${named}on line ${master.line} was left out: its rule ${error.message}.`;
}
