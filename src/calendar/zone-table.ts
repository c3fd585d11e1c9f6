/**
 * Which zone a TZID of one calendar means. A name nobody can place becomes the household's zone
 * with a warning, never silently UTC.
 */
import { zoneOffsetMs } from '../core/index.ts';
import type { ByteRange } from './content-line.ts';
import { type OffsetAt, readCustomZone } from './custom-zone.ts';
import type { WarningList } from './warnings.ts';
import { cleanZoneName, findDisplayZone, findRegisteredZone } from './zone-name.ts';

/** A zone an event is written in. */
export interface EventZone {
  /** The platform's name, or the calendar's own for a zone it defines itself. */
  readonly name: string;
  readonly offsetAt: OffsetAt;
}

const MAX_REMEMBERED = 1_000;

function platformZone(name: string): EventZone {
  return { name, offsetAt: (atMs) => zoneOffsetMs(atMs, name) };
}

/** UTC. */
export const UTC_ZONE: EventZone = { name: 'UTC', offsetAt: () => 0 };

/** Looks up the zones of one calendar. */
export class ZoneTable {
  /** The household's zone. */
  readonly home: EventZone;
  readonly #own = new Map<string, { readonly location: string | undefined; readonly offsetAt: OffsetAt | undefined }>();
  readonly #found = new Map<string, EventZone>();
  readonly #warnings: WarningList;

  constructor(options: { readonly home: string; readonly warnings: WarningList }) {
    this.home = platformZone(options.home);
    this.#warnings = options.warnings;
  }

  /** Takes the calendar's own definition of a zone into account. */
  define(bytes: Uint8Array, place: ByteRange): void {
    const { names, location, offsetAt } = readCustomZone(bytes, place);
    for (const name of names) this.#own.set(cleanZoneName(name), { location, offsetAt });
  }

  /** The zone a TZID parameter means. */
  find(tzid: string): EventZone {
    const name = cleanZoneName(tzid);
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const zone = this.#resolve(name);
    if (this.#found.size < MAX_REMEMBERED) this.#found.set(name, zone);
    return zone;
  }

  #resolve(name: string): EventZone {
    // The platform's rules come first: they are kept up to date, those in a file are as old as its exporter.
    const registered = findRegisteredZone(name);
    if (registered !== undefined) return platformZone(registered);
    const own = this.#own.get(name);
    const location = own?.location === undefined ? undefined : findRegisteredZone(own.location);
    if (location !== undefined) return platformZone(location);
    if (own?.offsetAt !== undefined) return { name: cleanForPeople(name), offsetAt: own.offsetAt };
    const displayed = findDisplayZone(name);
    if (displayed !== undefined) return platformZone(displayed);
    this.#warnings.add({
      code: 'zone_unknown',
      message: `Nobody knows the time zone "${cleanForPeople(name)}"; its times were taken as ${this.home.name}.`,
    });
    return this.home;
  }
}

function cleanForPeople(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 100);
}
