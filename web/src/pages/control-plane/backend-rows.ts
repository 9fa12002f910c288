/** The rows of the table: every backend of every pool with what is worked out about it, renewed with each answer. */
import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { BackendEntry, BackendsAnswer, BackendState } from '#contract/admin.ts';
import { read } from '../../data/client.ts';
import { rateOf } from '../../data/history.ts';
import { backends } from '../../data/resources.ts';
import { BackendTrail, TRAIL_MAX } from './backend-trail.ts';

export interface BackendRow {
  /** `pool/id`, which is also what an address names it by. */
  readonly key: string;
  readonly pool: string;
  readonly id: string;
  readonly backend: BackendEntry;
  readonly trail: BackendTrail;
  /** Requests a second; null: not known yet. */
  readonly rate: number | null;
  /** Of the attempts of the past ten seconds; null: there were none. */
  readonly errorShare: number | null;
  /** Of its pool's requests; null: the pool had none. */
  readonly share: number | null;
}

const rows = signal<readonly BackendRow[]>([]);
const trails = new Map<string, BackendTrail>();
let seenMs: number | null = null;

export const backendRows: ReadonlySignal<readonly BackendRow[]> = rows;
export const rowByKey: ReadonlySignal<ReadonlyMap<string, BackendRow>> = computed(
  () => new Map(rows.value.map((row) => [row.key, row])),
);

/** Keeps rows current for as long as the component is there. */
export function useBackendRows(): void {
  useEffect(
    () =>
      effect(() => {
        const answer = backends.value.value;
        const atMs = backends.atMs.value;
        untracked(() => take(answer, atMs));
      }),
    [],
  );
}

function take(answer: BackendsAnswer | null, atMs: number | null): void {
  if (answer === null || atMs === null) {
    trails.clear();
    rows.value = [];
    seenMs = null;
    return;
  }
  if (trails.size === 0) void seedTrails();
  const fresh = atMs !== seenMs;
  seenMs = atMs;
  const known = new Set<string>();
  const next = answer.pools.flatMap(({ name, backends: list }) => {
    const busy = list.some(({ requests }) => requests > 0);
    return list.map((backend) => {
      const key = `${name}/${backend.id}`;
      known.add(key);
      const trail = trails.get(key) ?? new BackendTrail();
      trails.set(key, trail);
      if (fresh) trail.take(atMs, backend);
      return {
        key,
        pool: name,
        id: backend.id,
        backend,
        trail,
        rate: trail.rate(),
        errorShare: trail.errorShare(),
        share: busy ? backend.share : null,
      };
    });
  });
  for (const key of trails.keys()) if (!known.has(key)) trails.delete(key);
  rows.value = next;
}

/** Picks of the past minute, so that lines are there when the page opens. Without them they grow by themselves. */
async function seedTrails(): Promise<void> {
  const answer = await read('admin/history', { query: { from: -TRAIL_MAX } }).catch(() => null);
  if (answer === null || answer.step !== 1) return;
  for (const [key, picks] of Object.entries(answer.backendSelection)) trails.get(key)?.seed(rateOf(answer, picks));
}

/** Whether it is given requests; one of which nothing is known gets some only in need. */
export function serves({ state, circuit, weight }: Pick<BackendEntry, 'state' | 'circuit' | 'weight'>): boolean {
  return (state === 'healthy' || state === 'falling') && circuit !== 'open' && weight > 0;
}

const SEVERITY: readonly BackendState[] = [
  'unhealthy',
  'rising',
  'falling',
  'unknown',
  'draining',
  'maintenance',
  'healthy',
];

/** The worst first. */
export function severity({ state, circuit }: BackendEntry): number {
  const at = SEVERITY.indexOf(state);
  // Requests to it fail, whatever its probes say.
  return circuit === 'open' ? Math.min(at, 0.5) : circuit === 'half-open' ? Math.min(at, 1.5) : at;
}

/** Something is wrong with it that no operator has decided. */
export function isTroubled({ state, circuit }: BackendEntry): boolean {
  if (state === 'draining' || state === 'maintenance') return false;
  return state !== 'healthy' || circuit !== 'closed';
}
