/** The part of `GET /metrics` that tells of the process: its configuration, workers, event loops and resources. */
import { LOOP_SUM_US } from '#memory/counters.ts';
import { DURATION_CELLS } from '#memory/duration-cells.ts';
import type { Exposition } from './exposition.ts';
import type { Observed } from './observed.ts';
import type { SpanFacts } from './traces-exposition.ts';

/** A thread's event loop since the thread began. */
export interface LoopFacts {
  /** `supervisor`, or `worker-` and its row. */
  readonly thread: string;
  readonly activeSeconds: number;
  readonly idleSeconds: number;
}

/** What is known of the process beside the tables. Null: the system does not say. */
/** How this replica stands with the others; null: nothing is shared. */
export interface SharedFacts {
  readonly connected: boolean;
  readonly replicas: number;
  readonly rounds: number;
  readonly failures: number;
  readonly untold: number;
  /** Of the configuration that replicas share; 0: not known. */
  readonly version: number;
  /** Backends whose circuits other replicas have opened. */
  readonly openElsewhere: number;
}

export interface ProcessFacts {
  readonly revision: number;
  readonly reloads: { readonly ok: number; readonly failed: number };
  readonly workerRestarts: number;
  readonly workers: number;
  /** Listeners of `/admin/events`: now, cut off because they did not read, and refused for want of a place. */
  readonly eventStreams: { readonly open: number; readonly dropped: number; readonly refused: number };
  readonly spans: SpanFacts;
  readonly shared: SharedFacts | null;
  readonly version: string;
  readonly nodeVersion: string;
  readonly loops: readonly LoopFacts[];
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes: number | null;
  readonly openFds: number | null;
  readonly maxFds: number | null;
  /** Seconds since 1970. */
  readonly startSeconds: number;
}

export function supervisor(out: Exposition, facts: ProcessFacts): void {
  out
    .family('edgebalancer_build_info', 'gauge', 'The version that runs, and the version of Node it runs on.')
    .sample({ version: facts.version, node: facts.nodeVersion }, 1);
  out.family('edgebalancer_workers', 'gauge', 'Data-plane threads that listen.').sample({}, facts.workers);
  out
    .family('edgebalancer_worker_restarts_total', 'counter', 'Workers that died and were replaced.')
    .sample({}, facts.workerRestarts);
  out
    .family('edgebalancer_config_revision', 'gauge', 'The configuration in force, counted from 1.')
    .sample({}, facts.revision);
  out
    .family('edgebalancer_config_reloads_total', 'counter', 'Configurations taken and refused since the start.')
    .sample({ result: 'ok' }, facts.reloads.ok)
    .sample({ result: 'failed' }, facts.reloads.failed);
  const { open, dropped, refused } = facts.eventStreams;
  out.family('edgebalancer_event_streams', 'gauge', 'Who listens to /admin/events now.').sample({}, open);
  out
    .family(
      'edgebalancer_event_streams_ended_total',
      'counter',
      'Listeners cut off as too slow, and refused for want of a place.',
    )
    .sample({ reason: 'slow' }, dropped)
    .sample({ reason: 'full' }, refused);
}

/** Only where replicas share something (`state.shared`). */
export function sharedState(out: Exposition, { shared }: ProcessFacts): void {
  if (shared === null) return;
  const { connected, replicas, rounds, failures, untold, version, openElsewhere } = shared;
  out
    .family('edgebalancer_shared_connected', 'gauge', '1 while what replicas share can be asked.')
    .sample({}, connected ? 1 : 0);
  out
    .family('edgebalancer_shared_replicas', 'gauge', 'Replicas that hold limits together, this one among them.')
    .sample({}, replicas);
  out
    .family(
      'edgebalancer_shared_rounds_total',
      'counter',
      'Rounds of telling the store and asking it: one operation each.',
    )
    .sample({ result: 'ok' }, rounds - failures)
    .sample({ result: 'failed' }, failures);
  out
    .family(
      'edgebalancer_shared_untold_total',
      'counter',
      'Requests let through that the other replicas were not told of.',
    )
    .sample({}, untold);
  out
    .family(
      'edgebalancer_shared_config_version',
      'gauge',
      'The version of the shared configuration that is in force here.',
    )
    .sample({}, version);
  out
    .family(
      'edgebalancer_shared_circuits_open',
      'gauge',
      'Backends whose circuits other replicas have opened: one failure opens them here too.',
    )
    .sample({}, openElsewhere);
}

export function loops(out: Exposition, { tables, workerRows }: Observed, facts: ProcessFacts): void {
  out.family(
    'nodejs_eventloop_time_seconds_total',
    'counter',
    "What a thread's event loop did with its time: active, or waiting (idle).",
  );
  for (const { thread, activeSeconds, idleSeconds } of facts.loops) {
    out.sample({ thread, state: 'active' }, activeSeconds).sample({ thread, state: 'idle' }, idleSeconds);
  }
  out.family(
    'nodejs_eventloop_lag_seconds',
    'histogram',
    "How much later than it should a worker's timer of 50 ms came.",
  );
  for (let row = 0; row < workerRows; row++) {
    const loop = tables.counters.rows[row]?.loop;
    if (loop === undefined) continue;
    out.histogram({ thread: `worker-${row}` }, loop.subarray(0, DURATION_CELLS), loop[LOOP_SUM_US] as number);
  }
}

export function processMetrics(out: Exposition, facts: ProcessFacts): void {
  out.family('process_cpu_seconds_total', 'counter', 'CPU time, user and system.').sample({}, facts.cpuSeconds);
  out.family('process_resident_memory_bytes', 'gauge', 'Resident memory.').sample({}, facts.residentBytes);
  known(out, 'process_virtual_memory_bytes', 'Virtual memory, most of it never touched.', facts.virtualBytes);
  known(out, 'process_open_fds', 'Open file descriptors.', facts.openFds);
  known(out, 'process_max_fds', 'How many file descriptors may be open.', facts.maxFds);
  out
    .family('process_start_time_seconds', 'gauge', 'When the process began, in seconds since 1970.')
    .sample({}, facts.startSeconds);
}

function known(out: Exposition, name: string, help: string, value: number | null): void {
  if (value !== null) out.family(name, 'gauge', help).sample({}, value);
}
