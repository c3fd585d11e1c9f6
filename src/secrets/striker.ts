/**
 * Finds many texts in one at once, and strikes them out.
 *
 * Cost: one pass over the text, whatever the number of forms; texts made to be compared for long (they
 * would have to repeat what they cannot know) are struck whole. Invariant: no form is left in a result.
 */
import { type JsonValue, MoonpoolError, setOwn } from '../core/index.ts';

/** A text to strike, and what stands in its place. */
export interface Form {
  readonly text: string;
  readonly mark: string;
}

interface Candidate extends Form {
  /** The longest other form that this one begins with. */
  readonly beginning: Candidate | undefined;
}

/** A stretch of a text, and what stands in its place. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly mark: string;
}

const PIECE_LENGTH = 64;
/** Characters that may be compared for each of the text before it is struck whole. */
const COMPARED_PER_CHARACTER = 16;
/** Levels of a value that are looked through. */
const MAX_DEPTH = 1_000;

/** See the head of this file. */
export class Striker {
  /** Length of the longest form; 0 without any. */
  readonly longest: number;
  /** In the order of their code units. */
  readonly #byStart = new Map<number, Candidate[]>();
  /** Whether some form begins with characters of this key: most places are passed over by this alone. */
  readonly #starts = new Uint8Array(65_536);
  readonly #hasNumbers: boolean;

  /** @param forms each at least 3 characters long; the first one of equal texts counts */
  constructor(forms: readonly Form[]) {
    const sorted = [...new Map(forms.toReversed().map((form) => [form.text, form])).values()].toSorted((one, other) =>
      one.text < other.text ? -1 : 1,
    );
    let longest = 0;
    let before: Candidate | undefined;
    for (const form of sorted) {
      while (before !== undefined && !form.text.startsWith(before.text)) before = before.beginning;
      const candidate: Candidate = { ...form, beginning: before };
      const key = keyAt(form.text, 0);
      const group = this.#byStart.get(key);
      if (group === undefined) this.#byStart.set(key, [candidate]);
      else group.push(candidate);
      this.#starts[key] = 1;
      longest = Math.max(longest, form.text.length);
      before = candidate;
    }
    this.longest = longest;
    this.#hasNumbers = forms.some(({ text }) => /^[-+.\de]+$/.test(text));
  }

  /** `text` without what must not be shown; the same text when there is nothing. */
  strike(text: string): string {
    const stretches = this.find(text);
    if (stretches.length === 0) return text;
    let struck = '';
    let from = 0;
    for (const { start, end, mark } of stretches) {
      struck += text.slice(from, start) + mark;
      from = end;
    }
    return struck + text.slice(from);
  }

  /**
   * `value` with every text, key and number in it struck; the same value when there is nothing.
   *
   * @throws FLOW_ACTION for a value nested deeper than 1,000 levels
   */
  strikeValue<T extends JsonValue>(value: T): T {
    return this.longest === 0 ? value : (this.#strikeAt(value, 0) as T);
  }

  #strikeAt(value: JsonValue, depth: number): JsonValue {
    if (typeof value === 'string') return this.strike(value);
    if (typeof value === 'number') return this.#strikeNumber(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth === MAX_DEPTH) {
      throw new MoonpoolError('FLOW_ACTION', `A result is nested deeper than ${MAX_DEPTH} levels.`);
    }
    if (Array.isArray(value)) {
      const list: readonly JsonValue[] = value;
      const struck: readonly JsonValue[] = list.map((item) => this.#strikeAt(item, depth + 1));
      return struck.some((item, index) => item !== list[index]) ? struck : list;
    }
    const object: { [key: string]: JsonValue } = {};
    let isChanged = false;
    for (const [key, item] of Object.entries(value)) {
      const struckKey = this.strike(key);
      const struck = this.#strikeAt(item, depth + 1);
      isChanged ||= struckKey !== key || struck !== item;
      setOwn(object, struckKey, struck);
    }
    return isChanged ? object : value;
  }

  #strikeNumber(value: number): JsonValue {
    if (!this.#hasNumbers) return value;
    const text = String(value);
    const struck = this.strike(text);
    return struck === text ? value : struck;
  }

  /** Where forms stand in `text`, in order; those that overlap are one stretch. */
  find(text: string): readonly Stretch[] {
    const stretches: { start: number; end: number; mark: string }[] = [];
    let left = COMPARED_PER_CHARACTER * (text.length + 4 * this.longest);
    for (let at = 0; at + 3 <= text.length; at += 1) {
      if (this.#starts[keyAt(text, at)] === 0) continue;
      const { form, compared } = this.#formAt(text, at);
      left -= compared;
      if (left < 0) return [{ start: 0, end: text.length, mark: '[secret]' }];
      if (form === undefined) continue;
      const end = at + form.text.length;
      const last = stretches.at(-1);
      if (last === undefined || at >= last.end) stretches.push({ start: at, end, mark: form.mark });
      else last.end = Math.max(last.end, end);
    }
    return stretches;
  }

  /** The longest form that stands at `at`, and about how many characters were compared to know. */
  #formAt(text: string, at: number): { readonly form: Candidate | undefined; readonly compared: number } {
    const group = this.#byStart.get(keyAt(text, at)) ?? [];
    const rest = text.slice(at, at + this.longest);
    let from = 0;
    let to = group.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((group[middle]?.text ?? '') <= rest) from = middle + 1;
      else to = middle;
    }
    // Forms that `rest` begins with are the one before it in the order, or what that one begins with.
    let form = group[from - 1];
    const compared = Math.max(sharedLength(form?.text ?? '', rest), sharedLength(group[from]?.text ?? '', rest));
    while (form !== undefined && !rest.startsWith(form.text)) form = form.beginning;
    return { form, compared };
  }
}

/** Three characters as a key of 16 bits. */
function keyAt(text: string, at: number): number {
  return (text.charCodeAt(at) * 0x9e5 + text.charCodeAt(at + 1) * 0x25 + text.charCodeAt(at + 2)) & 0xffff;
}

/** How many characters two texts begin with in common, rounded up. */
function sharedLength(one: string, other: string): number {
  let shared = 0;
  while (shared < one.length && one.startsWith(other.slice(shared, shared + PIECE_LENGTH), shared)) {
    shared += PIECE_LENGTH;
  }
  return shared;
}
