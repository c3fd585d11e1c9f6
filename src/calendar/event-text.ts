/**
 * Titles, places and links as a screen can show them: without control characters, cut to a
 * bound, without the noise that meeting tools put where a place should stand.
 */

const MAX_TITLE = 500;
const MAX_LOCATION = 500;
const MAX_DESCRIPTION = 1_000;
const MAX_URL = 2_000;
/** How far into a description a link is looked for. */
const MAX_SEARCH = 20_000;

/** Places that are no places, in lower case. */
const LOCATION_NOISE: ReadonlySet<string> = new Set([
  'microsoft teams meeting',
  'microsoft teams-besprechung',
  'microsoft teams besprechung',
  'réunion microsoft teams',
  'reunión de microsoft teams',
  'riunione di microsoft teams',
  'reunião do microsoft teams',
  'microsoft teams-vergadering',
  'teams meeting',
  'skype meeting',
  'zoom meeting',
  'google meet',
  'webex meeting',
  'online meeting',
  'online',
]);

/** Hosts whose links lead into a meeting. */
const MEETING_LINK =
  /https:\/\/(?:teams\.(?:microsoft|live)\.com|(?:[a-z0-9-]{1,63}\.){0,3}zoom\.us|meet\.google\.com|(?:[a-z0-9-]{1,63}\.){0,3}webex\.com|meet\.jit\.si|whereby\.com|(?:[a-z0-9-]{1,63}\.){0,3}bluejeans\.com|join\.skype\.com|meet\.lync\.com)\/[^\s<>"'\\]{1,1900}/i;

const ONLY_URL = /^https?:\/\/[^\s<>"'\\]+$/i;

/** Cuts to `maxLength` without leaving half a character. */
function cut(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : text.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '');
}

/** One line of text: control characters and direction overrides become blanks, blanks are single. */
export function cleanLine(text: string, maxLength: number): string {
  const bounded = text.slice(0, maxLength * 4).toWellFormed();
  return cut(bounded.replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069\s]+/gu, ' ').trim(), maxLength);
}

/** A title of at most 500 characters. */
export function cleanTitle(text: string): string {
  return cleanLine(text, MAX_TITLE);
}

/** At most the first 1,000 characters of a description, with its line ends. */
export function cleanDescription(text: string): string {
  const bounded = text.slice(0, MAX_DESCRIPTION * 4).toWellFormed();
  return cut(bounded.replace(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/gu, ' ').trim(), MAX_DESCRIPTION);
}

/** The place without what is only a meeting tool's name or link. */
export function cleanLocation(text: string): string {
  const line = cleanLine(text, MAX_LOCATION);
  const places = line
    .split(';')
    .map((place) => place.trim())
    .filter((place) => place !== '' && !LOCATION_NOISE.has(place.toLowerCase()) && !ONLY_URL.test(place));
  return places.join('; ');
}

/** The link that leads into the meeting, or '' when there is none. */
export function findJoinUrl(sources: {
  /** Properties that hold nothing but such a link. */
  readonly links: readonly string[];
  readonly location: string;
  readonly description: string;
}): string {
  for (const link of sources.links) {
    const url = link.trim();
    if (url.length <= MAX_URL && /^https:\/\//i.test(url) && ONLY_URL.test(url)) return url;
  }
  const inLocation = sources.location.split(/[;\s]+/).find((part) => ONLY_URL.test(part) && part.length <= MAX_URL);
  if (inLocation !== undefined) return inLocation;
  return MEETING_LINK.exec(sources.description.slice(0, MAX_SEARCH))?.[0] ?? '';
}
