/** What the traffic graph is drawn from, kept current while it is shown. */
import { computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { BackendsAnswer, MetricsAnswer } from '#contract/admin.ts';
import type { ConfigAnswer } from '#contract/control.ts';
import { read } from '../../data/client.ts';
import { figures } from '../../data/live-figures.ts';
import { RateMeter } from '../../data/rate-meter.ts';
import { resource, useResource } from '../../data/resource.ts';
import { backends, metrics, overview } from '../../data/resources.ts';
import { stateTurns } from '../../data/state-changes.ts';
import { flowOf, type Flow, type RouteTarget } from './flow-model.ts';

const config = resource<ConfigAnswer>((signal) => read('admin/config', { signal }), {
  everyMs: null,
  on: [stateTurns],
});

const meter = new RateMeter();
/** Moves with each count that was taken: the meter itself is no signal. */
const taken = signal(0);

export const flow: ReadonlySignal<Flow | null> = computed(() => {
  void taken.value;
  const answer = backends.value.value;
  if (answer === null) return null;
  return flowOf({
    overview: overview.value.value,
    backends: answer,
    metrics: metrics.value.value,
    targets: targetsOf(config.value.value?.config),
    total: figures.value?.perSecond.requests ?? null,
    rateOf: (counter) => meter.rate(counter),
  });
});

/** Follows all of it for as long as the component is there. */
export function useFlow(): void {
  useResource(backends);
  useResource(metrics);
  useResource(config);
  useEffect(
    () =>
      effect(() => {
        const answer = backends.value.value;
        const counts = metrics.value.value;
        const atMs = backends.atMs.value;
        untracked(() => {
          if (answer === null || counts === null || atMs === null) return;
          meter.take(atMs, countsOf(answer, counts));
          taken.value += 1;
        });
      }),
    [],
  );
}

function countsOf({ pools }: BackendsAnswer, { routes }: MetricsAnswer): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { route, samples } of routes) {
    const name = `routes/${route}`;
    counts.set(name, (counts.get(name) ?? 0) + samples);
  }
  for (const { name, backends: list } of pools)
    for (const { id, requests, failures } of list) {
      counts.set(`backends/${name}/${id}`, requests);
      counts.set(`failures/${name}/${id}`, failures);
    }
  return counts;
}

/** Where routes lead, out of a configuration as it is written. Anything unexpected in it is left out. */
function targetsOf(document: unknown): readonly RouteTarget[] | null {
  const routes = (document as { routes?: unknown } | null | undefined)?.routes;
  if (!Array.isArray(routes)) return null;
  return (routes as readonly Record<string, unknown>[]).flatMap((route) => {
    const { name, pool, split } = route;
    if (typeof name !== 'string' || route['controlPlane'] === true) return [];
    const several = Array.isArray(split) ? (split as readonly { pool?: unknown }[]).map((part) => part.pool) : [pool];
    return [{ route: name, pools: several.filter((one) => typeof one === 'string') }];
  });
}
