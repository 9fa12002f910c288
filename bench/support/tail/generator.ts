import { quantile } from '../statistics.ts';
import { Chance } from './chance.ts';
import { ConnectionPool } from './connection-pool.ts';
import { DueQueue } from './due-queue.ts';
import { BACKENDS, WINDOW, epochMs, scenarioOf, type Run } from './scenarios.ts';

// The load of `tail`: open-loop Poisson arrivals, in a process of its own. A request's latency runs from the time at
// which it was meant to be sent, so that neither a slow answer nor a late generator hides waiting.

/** What the parent asks for. */
export interface Order {
  readonly run: Run;
  readonly port: number;
  /** In place of the scenario's, for warming up. */
  readonly perSecond?: number;
}

/** What one run gave. Latencies in milliseconds, of successes; shares 0 to 1. */
export interface RunResult {
  readonly counted: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly errorShare: number;
  /** Of each backend. */
  readonly shares: readonly number[];
  /** How late requests were sent. */
  readonly latenessMs: readonly number[];
}

/** What is known of the requests, by their number. */
interface Log {
  readonly intendedMs: Float64Array;
  readonly latencyMs: Float64Array;
  /** 0: no answer, or a broken one. */
  readonly status: Uint16Array;
  readonly backend: Int8Array;
}

/** After the last arrival: what has no answer by then counts as an error. */
const DRAIN_LIMIT_MS = 30_000;

process.on('message', (order: Order) => void load(order).then((result) => process.send!(result)));
process.on('disconnect', () => process.exit(0));

async function load(order: Order): Promise<RunResult> {
  const log = emptyLog(arrivals(order.run, order.perSecond ?? scenarioOf(order.run.scenario).perSecond));
  const { intendedMs } = log;
  const last = intendedMs.length - 1;
  const due = new DueQueue();
  let pool!: ConnectionPool;
  await new Promise<void>((resolve) => {
    const limit = setTimeout(resolve, intendedMs[last]! - epochMs() + DRAIN_LIMIT_MS);
    let open = intendedMs.length;
    pool = new ConnectionPool(order.port, (request, status, firstByte) => {
      log.latencyMs[request] = epochMs() - intendedMs[request]!;
      log.status[request] = status;
      log.backend[request] = firstByte >= 0x30 && firstByte < 0x30 + BACKENDS ? firstByte - 0x30 : -1;
      if (--open > 0) return;
      clearTimeout(limit);
      resolve();
    });
    // One arrival is in the queue at a time: each adds the next.
    const sendFrom = (request: number) => {
      due.add(intendedMs[request]!, () => {
        if (request < last) sendFrom(request + 1);
        pool.send(request);
      });
    };
    sendFrom(0);
  });
  const result = summarise(order.run, log, due.takeLateness());
  pool.destroy();
  return result;
}

/** The times of arrival: exponential gaps, the same for every target of a round. */
function arrivals(run: Run, perSecond: number): Float64Array {
  const chance = new Chance(run.seed, 104_729);
  const times: number[] = [];
  for (let atMs = chance.exponential(1000 / perSecond); atMs < run.seconds * 1000;) {
    times.push(run.startAtMs + atMs);
    atMs += chance.exponential(1000 / perSecond);
  }
  return Float64Array.from(times);
}

function emptyLog(intendedMs: Float64Array): Log {
  const count = intendedMs.length;
  const backend = new Int8Array(count).fill(-1);
  return { intendedMs, latencyMs: new Float64Array(count), status: new Uint16Array(count), backend };
}

function summarise(run: Run, log: Log, latenessMs: number[]): RunResult {
  const { trouble } = scenarioOf(run.scenario);
  const windowed = trouble === 'brown' || trouble === 'fail';
  const fromMs = run.startAtMs + (windowed ? WINDOW.from * run.seconds * 1000 : 0);
  const toMs = run.startAtMs + (windowed ? WINDOW.to * run.seconds * 1000 : Infinity);
  const good: number[] = [];
  const perBackend = new Array<number>(BACKENDS).fill(0);
  let counted = 0;
  for (const [request, intendedMs] of log.intendedMs.entries()) {
    if (intendedMs < fromMs || intendedMs >= toMs) continue;
    counted++;
    if (log.backend[request]! >= 0) perBackend[log.backend[request]!]! += 1;
    // A 200 that names no backend came from the proxy itself: no success.
    if (log.status[request] === 200 && log.backend[request]! >= 0) good.push(log.latencyMs[request]!);
  }
  good.sort((a, b) => a - b);
  return {
    counted,
    p50: quantile(good, 0.5),
    p95: quantile(good, 0.95),
    p99: quantile(good, 0.99),
    p999: quantile(good, 0.999),
    errorShare: 1 - good.length / counted,
    shares: perBackend.map((number) => number / counted),
    latenessMs,
  };
}
