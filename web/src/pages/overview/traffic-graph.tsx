/** Clients, listener, routes, pools and backends, with the flow between them. */
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { backends } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';

export function TrafficGraph() {
  const { value, isStale } = useResource(backends);
  const pools = value.value?.pools ?? [];
  return (
    <Card title="Traffic" stale={isStale.value}>
      <EmptyState icon="overview" title={`${pools.length} ${pools.length === 1 ? 'pool' : 'pools'}`} />
    </Card>
  );
}
