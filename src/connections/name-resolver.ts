/**
 * Host name → addresses, remembered for a short while.
 *
 * The platform's resolver blocks one of four pool threads per question, so questions about one
 * name are asked once at a time. Failures are never remembered.
 */
import { lookup } from 'node:dns/promises';
import type { Clock } from '../core/index.ts';

/** One address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The port to DNS: all addresses of a name, in the order to try them. */
export type ResolveHost = (host: string) => Promise<readonly HostAddress[]>;

/** How long an answer is used again, in ms. */
const FRESH_MS = 30_000;
/** Names remembered at once. */
const MAX_NAMES = 256;

/** The platform's own resolver (hosts file, mDNS and DNS as the machine is set up). */
export const systemResolve: ResolveHost = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/** Addresses of a name; `forget` after a connection to them failed. */
export interface NameResolver {
  resolve: ResolveHost;
  forget(host: string): void;
}

/** A resolver that remembers 256 names for 30 s each and asks once for callers at the same time. */
export function createNameResolver(resolveHost: ResolveHost, clock: Clock): NameResolver {
  const known = new Map<
    string,
    { readonly addresses: Promise<readonly HostAddress[]>; readonly untilTickMs: number }
  >();
  return {
    resolve(host) {
      const entry = known.get(host);
      if (entry !== undefined && clock.tickMs() < entry.untilTickMs) return entry.addresses;
      known.delete(host);
      if (known.size >= MAX_NAMES) known.delete(known.keys().next().value ?? host);
      const addresses = resolveHost(host);
      const fresh = { addresses, untilTickMs: clock.tickMs() + FRESH_MS };
      known.set(host, fresh);
      addresses.catch(() => {
        if (known.get(host) === fresh) known.delete(host);
      });
      return addresses;
    },
    forget(host) {
      known.delete(host);
    },
  };
}
