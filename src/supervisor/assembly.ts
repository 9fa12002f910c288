/** What runs from the first plan on, put together: the tables, the workers, and those that watch and tell. */
import { usableCpus } from '#control/config/usable-cpus.ts';
import type { Log, Random, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import { resolveName, type Resolve } from '#discovery/resolve.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import { anyProbe } from '#probes/any-probe.ts';
import type { Probe } from '#probes/probe.ts';
import type { Transition } from '#probes/prober.ts';
import { BackendWatch } from './backend-watch.ts';
import { Certificates } from './certificates.ts';
import type { EventFeed } from './event-feed.ts';
import { EventLog } from './event-log.ts';
import { MemorySampler } from './memory-sampler.ts';
import { Publisher } from './publisher.ts';
import type { SharedState } from './shared-state.ts';
import { spawnWorker, type Spawn } from './worker-handle.ts';
import { WorkerPool } from './worker-pool.ts';

/**
 * Rows for workers, so that a reload may add some: one for each CPU, 4 at least, and no more than 16. A row is about 120 MiB of
 * addresses, of which only what is used takes memory; but where a system counts addresses they must not be wasted.
 */
const ROWS_MIN = 4;
const ROWS_MAX = 16;

/** What exists from the first plan on. */
export interface Running {
  plan: Plan;
  readonly tables: Tables;
  readonly pool: WorkerPool;
  readonly publisher: Publisher;
  readonly watch: BackendWatch;
  readonly events: EventLog;
  readonly memory: MemorySampler;
  readonly certificates: Certificates;
  /** What is shared with other replicas; null: nothing. */
  shared: SharedState | null;
}

export interface AssemblyParts {
  /** In force. */
  readonly current: () => Plan;
  readonly feed: EventFeed;
  /** Of the table of token buckets: two words. */
  readonly limitHashKey: Uint32Array;
  readonly timers: Timers;
  readonly log: Log;
  readonly onTransition: (transition: Transition) => void;
  readonly random?: Random | undefined;
  readonly spawn?: Spawn | undefined;
  readonly probe?: Probe | undefined;
  readonly resolve?: Resolve | undefined;
}

/** Nothing of it has begun. */
export function assemble(plan: Plan, parts: AssemblyParts): Running {
  const { current, feed, timers, log, onTransition } = parts;
  const { spawn = spawnWorker, probe = anyProbe, resolve = resolveName, random = Math.random } = parts;
  const rows = Math.min(ROWS_MAX, Math.max(ROWS_MIN, usableCpus()));
  const capacity = { ...DEFAULT_CAPACITY, workers: Math.max(plan.workers, rows) };
  const buffer = new SharedArrayBuffer(tablesBytes(capacity));
  const tables = layTables(buffer, capacity);
  tables.buckets.hashKey.set(parts.limitHashKey);
  const watch = new BackendWatch({
    slots: tables.slots,
    timers,
    random,
    log,
    probe,
    resolve,
    tlsContext: (pool) => certificates.contextOf(pool),
    onAddresses: () => pool.broadcast({ type: 'addresses', addresses: watch.addresses() }),
    onTransition: (transition) => {
      feed.transition(transition);
      onTransition(transition);
    },
    onNamed: (slot, up, detail) => feed.named(current(), slot, up, detail),
  });
  const pool = new WorkerPool({
    spawn,
    buffer,
    tables,
    timers,
    log,
    current: () => ({ plan: current(), addresses: watch.addresses(), tls: certificates.current }),
    onProgress: () => publisher.progress(),
    onWorker: (worker, state, reason) => feed.worker(worker, state, reason),
  });
  const certificates = new Certificates({ timers, log, onChange: (tls) => pool.broadcast({ type: 'tls', tls }) });
  const publisher = new Publisher(pool, timers, log);
  const events = new EventLog(tables.events, timers, log, current, feed);
  const memory = new MemorySampler(tables.process, timers);
  return { plan, tables, pool, publisher, watch, events, memory, certificates, shared: null };
}
