/** The part of `GET /metrics` that tells of clients' connections, by listener. */
import { listenerRows } from '#memory/listener-table.ts';
import type { Exposition } from './exposition.ts';
import type { CertificateExpiry, Observed } from './observed.ts';
import type { Tables } from '#memory/tables.ts';

export function connections(out: Exposition, { plan, tables, certificates }: Observed): void {
  const { counters } = tables;
  const rows = [...listenerRows(plan.listeners)];
  out.family('edgebalancer_connections', 'gauge', 'Client connections: with a request going on, upgraded, unused.');
  for (const [listener, row] of rows) {
    const tunnel = counters.listenerCount(row, 'tunnels');
    // Read one after another while workers count: a difference may be off by what happened in between.
    const active = Math.max(0, counters.listenerCount(row, 'inFlight') - tunnel);
    const idle = Math.max(0, (tables.listeners.total[row] as number) - active - tunnel);
    out
      .sample({ listener, state: 'active' }, active)
      .sample({ listener, state: 'tunnel' }, tunnel)
      .sample({ listener, state: 'idle' }, idle);
  }
  out.family(
    'edgebalancer_accepts_total',
    'counter',
    'Client connections that came: accepted, or refused at the limit.',
  );
  for (const [listener, row] of rows) {
    out
      .sample({ listener, result: 'accepted' }, counters.listenerCount(row, 'accepted'))
      .sample({ listener, result: 'refused' }, counters.listenerCount(row, 'refused'));
  }
  tls(
    out,
    rows.filter(([name]) => plan.listeners.some((listener) => listener.name === name && listener.tls !== null)),
    tables,
    certificates,
  );
  out.family('edgebalancer_bytes_total', 'counter', 'Bytes received from clients and sent to them.');
  for (const [listener, row] of rows) {
    out
      .sample({ listener, direction: 'received' }, counters.listenerCount(row, 'bytesIn'))
      .sample({ listener, direction: 'sent' }, counters.listenerCount(row, 'bytesOut'));
  }
  out.family('edgebalancer_bad_requests_total', 'counter', 'Bytes from clients that were no request.');
  for (const [listener, row] of rows) out.sample({ listener }, counters.listenerCount(row, 'badRequests'));
  out
    .family('edgebalancer_access_log_dropped_total', 'counter', 'Lines of the access log that could not be written.')
    .sample({}, counters.global('accessLogDropped'));
}

/** Of the listeners that speak TLS. */
function tls(
  out: Exposition,
  rows: readonly (readonly [listener: string, row: number])[],
  { counters }: Tables,
  certificates: readonly CertificateExpiry[],
): void {
  out.family('edgebalancer_tls_handshakes_total', 'counter', 'TLS handshakes: whole, resumed from a session, failed.');
  for (const [listener, row] of rows) {
    out
      .sample({ listener, result: 'whole' }, counters.listenerCount(row, 'handshakesWhole'))
      .sample({ listener, result: 'resumed' }, counters.listenerCount(row, 'handshakesResumed'))
      .sample({ listener, result: 'failed' }, counters.listenerCount(row, 'handshakesFailed'));
  }
  out.family(
    'edgebalancer_tls_certificate_not_after_seconds',
    'gauge',
    'When a certificate that is served expires, in seconds since 1970.',
  );
  for (const { listener, file, notAfterMs } of certificates)
    out.sample({ listener, file }, Math.round(notAfterMs / 1000));
}
