/**
 * How many ways a regular expression can try a text: an upper bound, found before it is used.
 *
 * A backtracking engine may try every combination of what quantifiers and alternatives leave
 * open. The bound is `2^fixedBits * n^freedom` for a text of n characters; from it follows how
 * long a text a pattern may be given. Patterns with nested freedom or back references have none.
 */

/** Longest pattern looked at. */
export const MAX_PATTERN_LENGTH = 200;
/** 2^24 tries take well below a second. */
const BUDGET_BITS = 24;
const MAX_TEXT_LENGTH = 65_536;
const MIN_TEXT_LENGTH = 64;

interface Cost {
  readonly fixedBits: number;
  readonly freedom: number;
}

const NOTHING: Cost = { fixedBits: 0, freedom: 0 };

/** The longest text `pattern` may be tried on, or undefined when it may not be used at all. */
export function longestSafeText(pattern: string): number | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return undefined;
  const cost = new PatternReader(pattern).read();
  if (cost === undefined) return undefined;
  // Without an anchor the engine begins anew at every character.
  const isAnchored = pattern.startsWith('^') && !pattern.includes('|');
  const freedom = cost.freedom + (isAnchored ? 0 : 1);
  const bitsLeft = BUDGET_BITS - cost.fixedBits;
  if (bitsLeft < 0) return undefined;
  const longest = freedom === 0 ? MAX_TEXT_LENGTH : Math.floor(2 ** Math.min(16, bitsLeft / freedom));
  return longest < MIN_TEXT_LENGTH ? undefined : longest;
}

class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): Cost | undefined {
    const cost = this.#readAlternatives();
    return this.#at === this.#pattern.length ? cost : undefined;
  }

  #readAlternatives(): Cost | undefined {
    let total = NOTHING;
    let count = 1;
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ')') {
      if (this.#pattern[this.#at] === '|') {
        this.#at += 1;
        count += 1;
        continue;
      }
      const atom = this.#readAtom();
      const cost = atom === undefined ? undefined : this.#quantify(atom);
      if (cost === undefined) return undefined;
      // Costs of alternatives are added up as if they stood in a row: still a bound.
      total = { fixedBits: total.fixedBits + cost.fixedBits, freedom: total.freedom + cost.freedom };
    }
    return { ...total, fixedBits: total.fixedBits + Math.log2(count) };
  }

  #readAtom(): Cost | undefined {
    const rest = this.#pattern.slice(this.#at);
    if (rest.startsWith('(')) return this.#readGroup(rest);
    const escape = /^\\(?:[1-9]|k<)/.test(rest);
    if (escape) return undefined;
    const single =
      /^(?:\\(?:u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|[pP]\{[^}]*\}|c.|.)|\[(?:\\.|[^\]\\])*\]|[^[])/su.exec(rest);
    if (single === null) return undefined;
    this.#at += single[0].length;
    return NOTHING;
  }

  #readGroup(rest: string): Cost | undefined {
    const head = /^\((?:\?(?:[:=!]|<[=!]|<\w+>))?/.exec(rest)?.[0] ?? '(';
    if (head === '(' && rest.startsWith('(?')) return undefined;
    this.#at += head.length;
    const inner = this.#readAlternatives();
    if (this.#pattern[this.#at] !== ')') return undefined;
    this.#at += 1;
    return inner;
  }

  #quantify(atom: Cost): Cost | undefined {
    const times = this.#readTimes();
    if (times === undefined) return atom;
    const { min, max } = times;
    if (max === Number.POSITIVE_INFINITY) {
      return atom.freedom > 0 || atom.fixedBits > 0 ? undefined : { fixedBits: 0, freedom: 1 };
    }
    if (max > 1_000 || (atom.freedom > 0 && max > 1)) return undefined;
    return { fixedBits: atom.fixedBits * max + Math.log2(Math.max(1, max - min + 1)), freedom: atom.freedom };
  }

  #readTimes(): { readonly min: number; readonly max: number } | undefined {
    const found = /^(?:([*+?])|\{(\d+)(,(\d*))?\})\??/.exec(this.#pattern.slice(this.#at));
    if (found === null) return undefined;
    this.#at += found[0].length;
    const [, sign, least, range, most] = found;
    if (sign === '?') return { min: 0, max: 1 };
    if (sign !== undefined) return { min: sign === '+' ? 1 : 0, max: Number.POSITIVE_INFINITY };
    const min = Number(least);
    if (range === undefined) return { min, max: min };
    return { min, max: most === '' ? Number.POSITIVE_INFINITY : Number(most) };
  }
}
