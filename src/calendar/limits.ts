/**
 * The ceilings of reading a calendar, and what a caller says about the calendar it wants read.
 */
import { bytes, flag, int, KIB, MIB, type Resolved, type Table } from '../core/index.ts';

/** Every ceiling: a feed is somebody else's text, so nothing in it may decide how much work or memory it costs. */
export const CALENDAR_LIMITS = {
  maxFeedBytes: bytes({
    key: 'max_feed',
    fallback: 50 * MIB,
    min: KIB,
    max: 200 * MIB,
    about: 'Largest calendar that is read; a larger one is refused whole.',
  }),
  maxLineBytes: bytes({
    key: 'max_line',
    fallback: 32 * KIB,
    min: 1_000,
    max: MIB,
    about: 'Longest unfolded line; a longer text is cut, any other longer line makes its event unreadable.',
  }),
  maxEvents: int({
    key: 'max_events',
    fallback: 10_000,
    min: 1,
    max: 100_000,
    about: 'Most events in a calendar; one with more is refused whole.',
  }),
  maxOccurrencesPerRule: int({
    key: 'max_occurrences_per_rule',
    fallback: 250,
    min: 1,
    max: 5_000,
    about: 'Most occurrences one series gives within the window; later ones are left out with a warning.',
  }),
  maxOccurrences: int({
    key: 'max_occurrences',
    fallback: 5_000,
    min: 1,
    max: 50_000,
    about: 'Most occurrences one calendar gives; the latest are left out with a warning.',
  }),
  maxStepsPerRule: int({
    key: 'max_steps_per_rule',
    fallback: 20_000,
    min: 100,
    max: 1_000_000,
    about: 'Most steps taken through one rule; the rest of the series is left out with a warning.',
  }),
  includeHidden: flag({
    key: 'include_hidden',
    fallback: false,
    about: 'Also gives what is not shown by default: free, cancelled and declined.',
  }),
  includeDescription: flag({
    key: 'include_description',
    fallback: false,
    about: 'Gives each occurrence the first 1,000 characters of its description.',
  }),
} satisfies Table;

/** The complete ceilings. */
export type CalendarLimits = Resolved<typeof CALENDAR_LIMITS>;

/** The widest window, in days: 400 back and 400 ahead. */
export const MAX_WINDOW_DAYS = 800;

/** What to read out of a calendar. */
export interface CalendarOptions {
  /** Start of the window, in ms since 1970; occurrences that end after it are given. */
  readonly fromMs: number;
  /** End of the window (not included), at most 800 days after `fromMs`. */
  readonly toMs: number;
  /** The zone of the household: for floating times, unknown zones and `start_local`. */
  readonly zone: string;
  /** Mail address whose answer counts: what it declined is hidden. Default: nobody's. */
  readonly owner?: string;
  /** Ceilings that differ from {@link CALENDAR_LIMITS}. */
  readonly limits?: Partial<CalendarLimits>;
}

/** How a caller follows the work, and what it wants left out. */
export interface CalendarProgress {
  /** Called with the index of an event before each piece of work on it, and with -1 before work on the whole feed. */
  onComponent?(index: number): void;
  /** Indexes of events to leave out: they were given up on before. */
  readonly skip?: ReadonlySet<number>;
}
