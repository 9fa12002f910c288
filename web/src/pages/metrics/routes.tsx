/** Routes and methods since the start: how many, how fast, how many failed. Exact, unlike what the history keeps. */
import type { MetricsAnswer } from '#contract/admin.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { readOrder, writeOrder } from '../../components/table-order.ts';
import { Table, type Column } from '../../components/table.tsx';
import { metrics } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { count, millis } from '../../format/figures.ts';
import { queryValue } from '../../routing/query-value.ts';

type Row = MetricsAnswer['routes'][number];

const order = queryValue<string>('sort', '-samples');

const COLUMNS: readonly Column<Row>[] = [
  { key: 'route', title: 'Route', cell: ({ route }) => <strong>{route}</strong>, sortBy: ({ route }) => route },
  { key: 'method', title: 'Method', cell: ({ method }) => method, sortBy: ({ method }) => method },
  {
    key: 'samples',
    title: 'Samples',
    align: 'right',
    cell: ({ samples }) => count(samples),
    sortBy: ({ samples }) => samples,
  },
  {
    key: 'average',
    title: 'Average',
    align: 'right',
    minor: true,
    cell: ({ avgLatencyMs }) => millis(avgLatencyMs),
    sortBy: ({ avgLatencyMs }) => avgLatencyMs,
  },
  { key: 'p50', title: 'p50', align: 'right', cell: ({ p50 }) => millis(p50), sortBy: ({ p50 }) => p50 },
  { key: 'p95', title: 'p95', align: 'right', minor: true, cell: ({ p95 }) => millis(p95), sortBy: ({ p95 }) => p95 },
  { key: 'p99', title: 'p99', align: 'right', cell: ({ p99 }) => millis(p99), sortBy: ({ p99 }) => p99 },
];

export function Routes() {
  const { value, fault, isStale } = useResource(metrics);
  const known = value.value;
  return (
    <Card title="Routes" flush stale={isStale.value} actions={<span class="soft">since the start</span>}>
      {known === null && fault.value !== null && <ErrorFace small fault={fault.value} />}
      {known === null && fault.value === null && <Skeleton lines={3} />}
      {known !== null && (
        <Table
          label="Routes and methods"
          columns={COLUMNS}
          rows={known.routes}
          rowKey={({ route, method }) => `${route} ${method}`}
          order={readOrder(order.value.value)}
          onOrder={(next) => order.set(writeOrder(next))}
          empty={<EmptyState title="No request has come yet">Send one to the proxy endpoint.</EmptyState>}
        />
      )}
    </Card>
  );
}
