/**
 * The twin of a backend: what becomes of a request that reaches it, worked out when the request begins, since all faults are
 * known beforehand. A quiet, well backend answers 200 within `WELL_MS_MAX` service times; that is what "fine" means below.
 */
import { concerns, isBackendFault, type BackendFault, type FaultKind, type Scenario } from './scenario.ts';

/** What will become of one attempt; times of the run, Infinity: never. */
export interface Course {
  /** The connection stands, or is refused. */
  readonly connectsMs: number;
  readonly refused: boolean;
  /** The answer begins, or the connection ends without one. */
  readonly headMs: number;
  readonly head: 'answer' | 'reset' | 'garbage';
  readonly status: number;
  readonly retryAfterMs: number;
  /** The answer's last byte, or where it breaks off. */
  readonly endMs: number;
  readonly cut: boolean;
}

/** A well backend never takes longer than so many mean service times. */
export const WELL_TIMES_MAX = 6;
const CONNECT_MS = 0.4;
const REFUSED_MS = 0.3;
const ERROR_MS = 1;
const LONG_MS_LEAST = 20_000;
const LONG_MS_MOST = 200_000;

export class BackendTwin {
  readonly #startMs: number;
  readonly #faults: readonly BackendFault[];
  readonly #serviceMs: number;

  constructor(scenario: Scenario, pool: string, id: string) {
    this.#startMs = scenario.startMs;
    this.#faults = scenario.faults.filter(isBackendFault).filter((fault) => concerns(fault, pool, id));
    this.#serviceMs = scenario.pools.find(({ name }) => name === pool)?.traffic.serviceMs ?? 10;
  }

  /** What becomes of a request that worker `worker` sends now; `long`: its answer goes on for long. */
  course(worker: number, nowMs: number, long: boolean, random: () => number): Course {
    const chance = [random(), random(), random(), random()] as const;
    const connectsMs = nowMs + this.#connectMs(worker, nowMs, chance[0]);
    if (this.isDown(nowMs)) return refusedAt(nowMs + REFUSED_MS);
    const crashMs = this.#nextCrash(nowMs);
    if (connectsMs >= crashMs) return refusedAt(crashMs);
    const answer = this.#answer(connectsMs, long, chance);
    if (crashMs < answer.headMs) return { ...answer, connectsMs, headMs: crashMs, head: 'reset' };
    if (crashMs < answer.endMs) return { ...answer, connectsMs, endMs: crashMs, cut: true };
    return { ...answer, connectsMs };
  }

  /** Whether a probe that runs now finds it well. */
  probe(nowMs: number): boolean {
    const said = this.#active('probes-say', nowMs);
    if (said !== undefined) return said.ok;
    return !this.isDown(nowMs) && !this.#active('hang', nowMs) && !this.#active('pause', nowMs);
  }

  /** When the last fault that it has met by now was over; Infinity while one lasts. */
  fineSinceMs(nowMs: number): number {
    let since = -Infinity;
    for (const { fromMs, toMs } of this.#faults) {
      if (fromMs + this.#startMs > nowMs) continue;
      if (toMs + this.#startMs > nowMs) return Infinity;
      since = Math.max(since, toMs + this.#startMs);
    }
    return since;
  }

  isDown(nowMs: number): boolean {
    if (this.#active('crash', nowMs) !== undefined) return true;
    const flap = this.#active('flap', nowMs);
    return flap !== undefined && Math.floor((nowMs - this.#startMs - flap.fromMs) / flap.periodMs) % 2 === 0;
  }

  #connectMs(worker: number, nowMs: number, chance: number): number {
    const cut = this.#faults.some(
      (fault) => fault.kind === 'partition' && fault.worker === worker && this.#covers(fault, nowMs),
    );
    if (cut) return Infinity;
    return (this.#active('slow-accept', nowMs)?.acceptMs ?? 0) + CONNECT_MS * (0.5 + chance);
  }

  #answer(atMs: number, long: boolean, chance: readonly [number, number, number, number]): Omit<Course, 'connectsMs'> {
    const slow = this.#active('brown-out', atMs)?.times ?? 1;
    const workMs = this.#serviceMs * slow * Math.min(WELL_TIMES_MAX, 0.2 - 0.8 * Math.log(1 - chance[1]));
    let headMs = atMs + workMs * 0.9;
    let endMs = atMs + workMs;
    let status = 200;
    let retryAfterMs = 0;
    const errors = this.#active('errors', atMs);
    if (errors !== undefined && chance[2] < errors.share) {
      headMs = endMs = atMs + ERROR_MS;
      status = errors.status;
      retryAfterMs = errors.retryAfterMs;
    } else if (long) {
      endMs += LONG_MS_LEAST + (LONG_MS_MOST - LONG_MS_LEAST) * chance[3];
    }
    if (this.#active('hang', atMs)) headMs = endMs = Infinity;
    const pause = this.#active('pause', headMs);
    if (pause !== undefined) {
      endMs += this.#startMs + pause.toMs - headMs;
      headMs = this.#startMs + pause.toMs;
    }
    const head = this.#active('garbage', headMs) ? 'garbage' : 'answer';
    const cut = this.#active('truncate', headMs) !== undefined;
    return { refused: false, headMs, head, status, retryAfterMs, endMs, cut };
  }

  #nextCrash(nowMs: number): number {
    let next = Infinity;
    for (const fault of this.#faults) {
      if (fault.kind !== 'crash' && fault.kind !== 'flap') continue;
      const fromMs = fault.fromMs + this.#startMs;
      if (fromMs > nowMs) next = Math.min(next, fromMs);
      else if (fault.kind === 'flap' && this.#covers(fault, nowMs)) {
        const periods = 2 * fault.periodMs;
        const atMs = fromMs + Math.ceil((nowMs - fromMs) / periods) * periods;
        if (atMs < fault.toMs + this.#startMs) next = Math.min(next, atMs);
      }
    }
    return next;
  }

  #active<K extends FaultKind>(kind: K, nowMs: number): Extract<BackendFault, { kind: K }> | undefined {
    for (const fault of this.#faults)
      if (fault.kind === kind && this.#covers(fault, nowMs)) return fault as Extract<BackendFault, { kind: K }>;
    return undefined;
  }

  #covers({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, nowMs: number): boolean {
    const atMs = nowMs - this.#startMs;
    return atMs >= fromMs && atMs < toMs;
  }
}

function refusedAt(atMs: number): Course {
  const never = { headMs: Infinity, head: 'reset', status: 0, retryAfterMs: 0, endMs: Infinity, cut: false } as const;
  return { connectsMs: atMs, refused: true, ...never };
}
