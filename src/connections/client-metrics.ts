/**
 * What outbound HTTP counts. Labels are error codes and fixed words, never hosts.
 */
import type { Metrics } from '../core/index.ts';
import type { PoolCounts } from './connection-pool.ts';

/** The client's instruments. */
export interface ClientMetrics {
  /** @param outcome `ok`, an error code, or `other` */
  finished(outcome: string): void;
  leased(waitMs: number, isReused: boolean): void;
}

const WAIT_BUCKETS_MS = [1, 5, 20, 50, 200, 500, 1_000, 5_000, 10_000];

/** Registers the instruments of one client. */
export function createClientMetrics(metrics: Metrics, readCounts: () => PoolCounts): ClientMetrics {
  const requests = metrics.counter('moonpool_outbound_requests_total', 'Outbound requests by how they ended.', [
    'outcome',
  ]);
  const leases = metrics.counter('moonpool_outbound_leases_total', 'Connections leased, by origin of the connection.', [
    'connection',
  ]);
  const waits = metrics.histogram('moonpool_outbound_wait_ms', 'Wait for an outbound connection.', WAIT_BUCKETS_MS);
  metrics.gauge('moonpool_outbound_connections_active', 'Outbound connections in use.', () => readCounts().active);
  metrics.gauge('moonpool_outbound_connections_idle', 'Outbound connections kept for reuse.', () => readCounts().idle);
  metrics.gauge('moonpool_outbound_waiting', 'Requests that wait for a connection.', () => readCounts().waiting);
  return {
    finished: (outcome) => requests.add(1, { outcome }),
    leased(waitMs, isReused) {
      leases.add(1, { connection: isReused ? 'reused' : 'new' });
      waits.observe(waitMs);
    },
  };
}
