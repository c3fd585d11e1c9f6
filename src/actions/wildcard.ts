/**
 * Names against a pattern of `*` and `?`, in time bounded by the product of their lengths.
 */

/** True when `name` as a whole fits `pattern`; `*` stands for any characters, `?` for one UTF-16 unit. */
export function matchesWildcard(pattern: string, name: string): boolean {
  let at = 0;
  let position = 0;
  /** Where the last star stands, and where its stretch ends by now. */
  let star = -1;
  let stretch = 0;
  while (position < name.length) {
    if (pattern[at] === '*') {
      star = at;
      stretch = position;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[position])) {
      at += 1;
      position += 1;
    } else if (star !== -1) {
      at = star + 1;
      stretch += 1;
      position = stretch;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
