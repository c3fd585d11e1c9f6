/**
 * Which addresses outbound requests may reach.
 *
 * Hosts that the operator wrote down (in a flow, the configuration, a secret) may be anywhere;
 * every other host may only be public, unless `allow_private` names it. The question is always
 * asked about the address that will be connected to, never about a name alone.
 */
import { BlockList, isIP } from 'node:net';

/** One line of `allow_private`. */
export type AllowEntry =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'range'; readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' };

/** Special-purpose ranges of the IANA registries: not the public internet, or a way around to it. */
const SPECIAL_RANGES: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  if (version === 0) return undefined;
  return version === 4 ? 'ipv4' : 'ipv6';
}

function createSpecialList(): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of SPECIAL_RANGES) list.addSubnet(address, prefix, familyOf(address) ?? 'ipv4');
  return list;
}

const SPECIAL = createSpecialList();

/** Host as written in a URL → as this folder compares it: lower case, no brackets, no dot at the end. */
export function normalizeHost(host: string): string {
  const lower = host.toLowerCase();
  const bare = lower.startsWith('[') && lower.endsWith(']') ? lower.slice(1, -1) : lower;
  return bare.endsWith('.') ? bare.slice(0, -1) : bare;
}

/**
 * The host of a URL that an operator wrote down, for `declaredHosts`; undefined when `url` is not
 * an absolute http or https URL (a template that starts with `{{`, a relative path).
 */
export function declaredHost(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const host = normalizeHost(new URL(url).hostname);
  return host === '' || host.includes('{') || host.includes('%') ? undefined : host;
}

/** A line of `allow_private`, or undefined when it is none. */
export function parseAllowEntry(text: string): AllowEntry | undefined {
  const [base = '', prefixText, ...rest] = text.trim().split('/');
  const address = normalizeHost(base);
  const family = familyOf(address);
  if (prefixText !== undefined) {
    const widest = family === 'ipv4' ? 32 : 128;
    if (family === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefixText)) return undefined;
    return Number(prefixText) <= widest ? { kind: 'range', address, prefix: Number(prefixText), family } : undefined;
  }
  if (family !== undefined) return { kind: 'range', address, prefix: family === 'ipv4' ? 32 : 128, family };
  const isHost = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(address);
  return isHost ? { kind: 'host', host: address } : undefined;
}

/** True for an address of the public internet; false for a special one and for text that is no address. */
export function isPublicAddress(address: string): boolean {
  // A zone id (`fe80::1%eth0`) only exists on addresses of one link.
  const family = address.includes('%') ? undefined : familyOf(address);
  return family !== undefined && !SPECIAL.check(address, family);
}

/** Answers whether a host or an address may be reached. */
export interface AddressPolicy {
  /** True when `host` may have any address: it was declared, or `allow_private` names it. */
  isTrustedHost(host: string): boolean;
  /** True when `address` may be reached by a host that is not trusted. */
  mayReach(address: string): boolean;
}

/**
 * The policy over what the operator declared and allowed.
 *
 * @param declaredHosts asked again at every request, so a reload may replace its content
 * @param allowPrivate  lines that `parseAllowEntry` understands; others are ignored
 */
export function createAddressPolicy(
  declaredHosts: { has(host: string): boolean },
  allowPrivate: readonly string[],
): AddressPolicy {
  const hosts = new Set<string>();
  const ranges = new BlockList();
  for (const line of allowPrivate) {
    const entry = parseAllowEntry(line);
    if (entry?.kind === 'host') hosts.add(entry.host);
    if (entry?.kind === 'range') ranges.addSubnet(entry.address, entry.prefix, entry.family);
  }
  return {
    isTrustedHost: (host) => declaredHosts.has(host) || hosts.has(host),
    mayReach(address) {
      if (isPublicAddress(address)) return true;
      const family = familyOf(address);
      return family !== undefined && ranges.check(address, family);
    },
  };
}
