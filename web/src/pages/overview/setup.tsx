/** How it is set up: which strategy picks, where clients connect, and what it is estimated to cost. */
import type { ListenerEntry } from '#contract/admin.ts';
import { Stat, StatGroup } from '../../components/stat.tsx';
import { cost, overview, strategies } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { money, UNKNOWN } from '../../format/figures.ts';
import { Link } from '../../routing/link.tsx';

function placeOf({ address, tls }: ListenerEntry): string {
  return tls === null ? address : `${address} (TLS)`;
}

export function Setup() {
  const pools = Object.entries(useResource(strategies).value.value?.pools ?? {});
  const listeners = overview.value.value?.listeners ?? [];
  const estimate = useResource(cost).value.value;
  const engine = overview.value.value?.workers.find((worker) => worker.engine !== '')?.engine;
  const workers = overview.value.value?.workers.length;
  const strategy =
    pools.length === 1 ? pools[0]?.[1].name : pools.map(([name, { name: way }]) => `${name}: ${way}`).join(', ');
  return (
    <StatGroup label="How it is set up">
      <Stat
        label={pools.length > 1 ? 'Strategies' : 'Strategy'}
        value={strategy === undefined || strategy === '' ? UNKNOWN : strategy}
        text
        note={<Link to="control-plane">Change it</Link>}
      />
      <Stat
        label="Proxy endpoint"
        value={listeners.length === 0 ? UNKNOWN : listeners.map(placeOf).join(', ')}
        text
        note={
          workers === undefined
            ? UNKNOWN
            : `${workers} ${workers === 1 ? 'worker' : 'workers'}, ${engine ?? UNKNOWN} engine`
        }
      />
      <Stat
        label="Estimated cost"
        value={estimate === null ? UNKNOWN : `${money(estimate.monthly, estimate.currency)} a month`}
        text
        note={
          <Link to="cost">
            {estimate === null || estimate.perMillionRequests === null
              ? 'Line by line'
              : `${money(estimate.perMillionRequests, estimate.currency)} per million requests`}
          </Link>
        }
      />
    </StatGroup>
  );
}
