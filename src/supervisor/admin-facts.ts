/** What the admin API is told: the supervisor's knowledge in the API's shapes. */
import type { DiscoveryEntry, ListenerTls, OverviewAnswer, WorkerEntry } from '#contract/admin.ts';
import type { AdminView } from '#control/admin/view.ts';
import type { StreamCounts } from '#control/events/event-hub.ts';
import type { ListenerTlsPlan, Plan, SocketAddress } from '#core/plan.ts';
import type { Discovery } from '#discovery/discovery.ts';
import { G } from '#memory/counters.ts';
import type { Tables } from '#memory/tables.ts';
import { isServing } from '#observe/backends-report.ts';
import { inFlight, metricsReport } from '#observe/metrics-report.ts';
import { userPools, type Observed } from '#observe/observed.ts';
import type { LoopFacts, SharedFacts } from '#observe/process-exposition.ts';
import type { SpanFacts } from '#observe/traces-exposition.ts';
import { boundAddress } from './address-text.ts';
import { processResources } from './process-facts.ts';
import type { CircuitChange } from './event-log.ts';
import type { BackendWatch } from './backend-watch.ts';
import type { ServedCertificate } from './certificates.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** The supervisor, as far as it is told of here. */
export interface Facts {
  readonly plan: Plan;
  readonly tables: Tables;
  readonly watch: BackendWatch;
  readonly discovery: Pick<Discovery, 'status'>;
  readonly certificates: readonly ServedCertificate[];
  readonly circuitChange: (slot: number) => CircuitChange | undefined;
  readonly workers: readonly WorkerHandle[];
  readonly workerRestarts: number;
  readonly eventStreams: StreamCounts;
  readonly spans: SpanFacts;
  readonly shared: SharedFacts | null;
  readonly ports: Readonly<Record<string, number>>;
  readonly draining: boolean;
  readonly reloads: { readonly ok: number; readonly failed: number };
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly nowMs: number;
}

export function adminView(facts: () => Facts, adminAddresses: () => readonly SocketAddress[]): AdminView {
  let proxies: { readonly plan: Plan; readonly cidrs: readonly string[] } | null = null;
  return {
    ownAddresses: () => [...boundListeners(facts()), ...adminAddresses()],
    trustedProxies: () => {
      const { plan } = facts();
      if (proxies?.plan !== plan)
        proxies = { plan, cidrs: plan.listeners.flatMap((listener) => listener.trustedProxies) };
      return proxies.cidrs;
    },
    observed: () => observedOf(facts()),
    overview: () => overviewOf(facts()),
    processFacts: () => {
      const { plan, reloads, workerRestarts, workers, eventStreams, spans, shared, version, startedAtMs } = facts();
      const { user, system } = process.cpuUsage();
      return {
        revision: plan.revision,
        reloads,
        workerRestarts,
        workers: workers.filter((worker) => worker.state === 'listening').length,
        eventStreams,
        spans,
        shared,
        version,
        nodeVersion: process.versions.node,
        loops: loopsOf(workers),
        cpuSeconds: (user + system) / 1e6,
        residentBytes: process.memoryUsage.rss(),
        ...processResources(),
        startSeconds: startedAtMs / 1000,
      };
    },
    unready: () => {
      const { draining, workers } = facts();
      if (draining) return 'draining';
      return workers.some((worker) => worker.state === 'listening') ? null : 'no worker listens';
    },
  };
}

export function observedOf(facts: Facts): Observed {
  const { plan, tables, watch, discovery, certificates, workers, circuitChange } = facts;
  return {
    plan,
    tables,
    workerRows: workers.length,
    certificates,
    probes: (slot) => {
      const prober = watch.prober(slot);
      if (prober === undefined) return null;
      const { last, successes, failures } = prober;
      return {
        successes,
        failures,
        // Made where it is looked at: a scrape of a thousand backends only wants the counts.
        get last() {
          if (last === null) return null;
          return { ...last, at: new Date(last.at).toISOString(), ms: Math.round(last.ms * 100) / 100 };
        },
      };
    },
    addresses: (slot) => watch.addressesOf(slot),
    discovery: (pool) => {
      const status = discovery.status(pool);
      if (status === null) return null;
      const { source, answeredAtMs, ...rest } = status;
      const answeredAt = answeredAtMs === null ? null : new Date(answeredAtMs).toISOString();
      return { source: source as DiscoveryEntry['source'], answeredAt, ...rest };
    },
    circuitChange: (slot) => {
      const change = circuitChange(slot);
      return change === undefined ? null : { ...change, at: new Date(change.at).toISOString() };
    },
  };
}

function loopsOf(workers: readonly WorkerHandle[]): LoopFacts[] {
  const own = performance.eventLoopUtilization();
  const loops = [{ thread: 'supervisor', activeSeconds: own.active / 1000, idleSeconds: own.idle / 1000 }];
  for (const { row, loop } of workers) {
    if (loop === null) continue;
    loops.push({ thread: `worker-${row}`, activeSeconds: loop.active / 1000, idleSeconds: loop.idle / 1000 });
  }
  return loops;
}

function boundListeners({ plan, ports }: Facts): SocketAddress[] {
  return plan.listeners.map(({ name, address }) =>
    address.kind === 'tcp' ? { ...address, port: ports[name] ?? address.port } : address,
  );
}

function overviewOf(facts: Facts): Omit<OverviewAnswer, 'drift'> {
  const { plan, tables, workers, ports, version, startedAtMs, nowMs } = facts;
  const observed = observedOf(facts);
  const backends = userPools(plan).flatMap((pool) => pool.backends);
  return {
    version,
    uptime: Math.round((nowMs - startedAtMs) / 100) / 10,
    startedAt: new Date(startedAtMs).toISOString(),
    draining: facts.draining,
    revision: plan.revision,
    reloads: facts.reloads,
    workers: workers.map((worker) => workerEntry(worker, tables)),
    workerRestarts: facts.workerRestarts,
    listeners: plan.listeners.map(({ name, address, tls }) => ({
      name,
      address: boundAddress(address, ports[name]),
      tls: tls === null ? null : listenerTls(name, tls, facts.certificates),
    })),
    totals: {
      requests: metricsReport(observed).totalRequests,
      inFlight: inFlight(observed),
      connections: tables.counters.global('connections'),
      bytesIn: tables.counters.global('bytesIn'),
      bytesOut: tables.counters.global('bytesOut'),
      backends: backends.length,
      backendsUp: backends.filter(({ slot }) => isServing(tables, slot)).length,
    },
  };
}

function listenerTls(
  listener: string,
  { minVersion, clientCa }: ListenerTlsPlan,
  served: readonly ServedCertificate[],
): ListenerTls {
  const certificates = served
    .filter((certificate) => certificate.listener === listener)
    .map(({ file, names, issuer, notAfterMs, fingerprint }) => {
      return { file, names, issuer, notAfter: new Date(notAfterMs).toISOString(), fingerprint };
    });
  return { minVersion, clientCertificates: clientCa !== null, certificates };
}

function workerEntry({ row, state, engine, revision }: WorkerHandle, { counters }: Tables): WorkerEntry {
  const global = counters.rows[row]?.global;
  return {
    worker: row,
    state,
    engine,
    revision,
    connections: global?.[G.connections] ?? 0,
    inFlight: global?.[G.inFlight] ?? 0,
  };
}
