/** Each pool in a line: how it picks, how many of its backends serve, what goes through it, and what can be changed. */
import type { PoolEntry } from '#contract/admin.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { backends, strategies } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { isOperator } from '../../data/session.ts';
import { count, rate } from '../../format/figures.ts';
import { backendRows, serves } from './backend-rows.ts';
import { ask } from './pending-change.ts';
import { poolChoice } from './table-view.ts';
import './pool-list.css';

export function PoolList() {
  useResource(strategies);
  const pools = backends.value.value?.pools ?? [];
  if (pools.length === 0) return null;
  return (
    <Card title={pools.length === 1 ? 'Pool' : 'Pools'} flush stale={backends.isStale.value}>
      <ul class="pool-list">
        {pools.map((pool) => (
          <Pool key={pool.name} pool={pool} only={pools.length === 1} />
        ))}
      </ul>
    </Card>
  );
}

function Pool({
  pool: { name, strategy, panic, backends: list },
  only,
}: {
  readonly pool: PoolEntry;
  readonly only: boolean;
}) {
  const serving = list.filter(serves).length;
  const chosen = poolChoice.value.value === name;
  const known = strategies.value.value !== null;
  return (
    <li class={chosen ? 'pool-chosen' : ''}>
      <span class="pool-name">
        {only ? (
          <strong>{name}</strong>
        ) : (
          <button type="button" aria-pressed={chosen} onClick={() => poolChoice.set(chosen ? '' : name)}>
            {name}
          </button>
        )}
      </span>
      <span class={serving === 0 ? 'pool-bad' : serving < list.length ? 'pool-warn' : ''}>
        {count(serving)} of {count(list.length)} serve{panic && ', in panic'}
      </span>
      <span class="pool-figure">
        <strong>{rate(rateOf(name))}</strong> <span class="soft">req/s</span>
      </span>
      <span class="pool-figure">
        <strong>{count(list.reduce((sum, { inFlight }) => sum + inFlight, 0))}</strong>{' '}
        <span class="soft">in flight</span>
      </span>
      <span class="pool-strategy" title={paramsOf(name)}>
        <span class="soft">picks by</span> <strong>{strategy}</strong>
        <span class="pool-params soft">{paramsOf(name)}</span>
      </span>
      {isOperator.value && (
        <span class="pool-acts">
          <Button
            size="small"
            disabled={!known}
            label={`Change the strategy of ${name}`}
            onClick={() => ask({ kind: 'strategy', pool: name })}
          >
            Strategy…
          </Button>
          <Button
            size="small"
            icon="plus"
            label={`Add a backend to ${name}`}
            onClick={() => ask({ kind: 'add', pool: name })}
          >
            Add a backend
          </Button>
        </span>
      )}
    </li>
  );
}

/** Null until every backend's is known: a sum of some would be a figure of nothing. */
function rateOf(pool: string): number | null {
  let sum = 0;
  for (const row of backendRows.value) {
    if (row.pool !== pool) continue;
    if (row.rate === null) return null;
    sum += row.rate;
  }
  return sum;
}

function paramsOf(pool: string): string {
  const params = strategies.value.value?.pools[pool]?.params ?? {};
  return Object.entries(params)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
