/**
 * What could not be read, in sentences a household can use. Invariant: however broken a feed is,
 * the list stays short; what did not fit is counted.
 */

/** One thing that was left out or guessed. */
export interface CalendarWarning {
  readonly code:
    | 'event_unreadable'
    | 'event_dropped'
    | 'event_given_up'
    | 'rule_cut'
    | 'range_refused'
    | 'zone_unknown'
    | 'duplicate_uid'
    | 'occurrences_cut'
    | 'text_replaced';
  readonly message: string;
  /** Line of the feed on which the event begins, from 1. */
  readonly line?: number;
  readonly uid?: string;
}

const MAX_WARNINGS = 100;

/** Collects warnings up to a ceiling of 100 and counts the rest. */
export class WarningList {
  readonly items: CalendarWarning[] = [];
  leftOutCount = 0;

  add(warning: CalendarWarning): void {
    if (this.items.length >= MAX_WARNINGS) this.leftOutCount += 1;
    else this.items.push(warning);
  }
}
