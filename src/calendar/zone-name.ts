/**
 * Names that exporters give time zones → names this platform knows.
 *
 * Outlook writes Windows names, display names with lists of cities, and offsets; others put a
 * registry path before the name. A name that cannot be placed for certain stays unplaced.
 */
import { findIana } from 'windows-iana';
import { HOUR_MS, isZone, MINUTE_MS, zoneOffsetMs } from '../core/index.ts';

const REGIONS = ['Europe', 'America', 'Asia', 'Australia', 'Africa', 'Pacific', 'Atlantic', 'Indian'];
const MAX_NAME_LENGTH = 200;
const MAX_CITIES = 12;

/** Display names of Outlook that list no city. */
const DISPLAY_NAMES: ReadonlyMap<string, string> = new Map([
  ['eastern time (us & canada)', 'America/New_York'],
  ['central time (us & canada)', 'America/Chicago'],
  ['mountain time (us & canada)', 'America/Denver'],
  ['pacific time (us & canada)', 'America/Los_Angeles'],
  ['atlantic time (canada)', 'America/Halifax'],
  ['indiana (east)', 'America/Indiana/Indianapolis'],
  ['arizona', 'America/Phoenix'],
  ['alaska', 'America/Anchorage'],
  ['hawaii', 'Pacific/Honolulu'],
  ['newfoundland', 'America/St_Johns'],
  ['saskatchewan', 'America/Regina'],
  ['central america', 'America/Guatemala'],
  ['baja california', 'America/Tijuana'],
  ['greenland', 'America/Godthab'],
  ['azores', 'Atlantic/Azores'],
  ['cabo verde is.', 'Atlantic/Cape_Verde'],
  ['west central africa', 'Africa/Lagos'],
  ['coordinated universal time', 'UTC'],
]);

/** A TZID without quotes, escapes and a stray second `TZID=`. */
export function cleanZoneName(raw: string): string {
  return raw
    .slice(0, MAX_NAME_LENGTH)
    .replace(/\\([\s\S])/g, '$1')
    .replaceAll('"', '')
    .trim()
    .replace(/^TZID=/i, '');
}

/** The platform's zone for a cleaned name of the platform itself or of Windows. */
export function findRegisteredZone(name: string): string | undefined {
  if (isZone(name)) return name;
  const path = name.split('/');
  // `/mozilla.org/20050126_1/Europe/Berlin`: the name is what stands last.
  for (const length of [3, 2]) {
    const tail = path.slice(-length).join('/');
    if (path.length > length && tail.includes('/') && isZone(tail)) return tail;
  }
  if (/^tzone:\/\/microsoft\/utc$/i.test(name) || /^(z|zulu)$/i.test(name)) return 'UTC';
  return findWindowsZone(name.replace(/ (Daylight|Summer) Time$/, ' Standard Time'));
}

function findWindowsZone(name: string): string | undefined {
  // Cast: the package types only the names it knows; the point here is to ask about any.
  return findIana(name as Parameters<typeof findIana>[0]).find((iana) => isZone(iana));
}

/** The platform's zone for a cleaned display name such as `(UTC+01:00) Amsterdam, Berlin`, or a plain offset. */
export function findDisplayZone(name: string): string | undefined {
  const match = /^(?:\((?:UTC|GMT) ?([+-]\d\d:?\d\d)?\))?(.*)$/i.exec(name);
  const words = (match?.[2] ?? '').trim();
  const offset = match?.[1];
  if (words === '' && offset !== undefined) return fixedZone(offset);
  const plain = /^(?:UTC|GMT) ?([+-]\d\d?(?::?\d\d)?)$/i.exec(words);
  if (plain !== null) return fixedZone(plain[1] ?? '');
  const known = DISPLAY_NAMES.get(words.toLowerCase().replace(' and ', ' & '));
  return known ?? findByCities(words, offset);
}

/** `+1`, `-0500`, `+05:30` as the platform writes a zone of one offset. */
function fixedZone(offset: string): string | undefined {
  const match = /^([+-])(\d\d?)(?::?(\d\d))?$/.exec(offset);
  if (match === null) return undefined;
  const zone = `${match[1]}${(match[2] ?? '').padStart(2, '0')}:${match[3] ?? '00'}`;
  return isZone(zone) ? zone : undefined;
}

/** The first city of the list that names a zone, if the offset before the list is one of that zone's. */
function findByCities(words: string, offset: string | undefined): string | undefined {
  for (const city of words.split(',').slice(0, MAX_CITIES)) {
    const last = city.trim().replaceAll(' ', '_');
    if (!/^[A-Za-z_'.-]{3,40}$/.test(last)) continue;
    const zone = REGIONS.map((region) => `${region}/${last}`).find((name) => isZone(name));
    if (zone !== undefined && (offset === undefined || hasOffset(zone, offset))) return zone;
  }
  return undefined;
}

/** True when the zone keeps the offset in the northern or southern winter of 2024. */
function hasOffset(zone: string, offset: string): boolean {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(offset) ?? [];
  const size = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
  const offsetMs = sign === '-' ? -size : size;
  const [januaryMs, julyMs] = [1_704_067_200_000, 1_719_792_000_000];
  return zoneOffsetMs(januaryMs, zone) === offsetMs || zoneOffsetMs(julyMs, zone) === offsetMs;
}
