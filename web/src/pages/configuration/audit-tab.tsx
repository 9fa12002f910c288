/** Who did what through the control plane, when and from where; refused attempts too. */
import type { AuditAnswer, AuditEntry } from '#contract/control.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Table, type Column } from '../../components/table.tsx';
import { read } from '../../data/client.ts';
import { resource, useResource } from '../../data/resource.ts';
import { stateTurns } from '../../data/state-changes.ts';
import { moment } from '../../format/times.ts';

const audit = resource<AuditAnswer>((signal) => read('admin/audit', { signal }), { everyMs: 10_000, on: [stateTurns] });

const COLUMNS: readonly Column<AuditEntry>[] = [
  { key: 'at', title: 'When', width: '10rem', cell: ({ at }) => moment(at), sortBy: ({ at }) => at },
  { key: 'by', title: 'Who', width: '8rem', cell: ({ by }) => <strong>{by.name}</strong>, sortBy: ({ by }) => by.name },
  { key: 'from', title: 'From', width: '10rem', minor: true, cell: ({ by }) => by.from, sortBy: ({ by }) => by.from },
  {
    key: 'action',
    title: 'Action',
    width: '10rem',
    cell: ({ action }) => <code>{action}</code>,
    sortBy: ({ action }) => action,
  },
  {
    key: 'ok',
    title: 'Outcome',
    width: '6rem',
    cell: ({ ok }) => (ok ? 'done' : <strong class="audit-refused">refused</strong>),
    sortBy: ({ ok }) => Number(ok),
  },
  { key: 'summary', title: 'What', cell: ({ summary }) => <span title={summary}>{summary}</span> },
];

export function AuditTab() {
  const { value, fault, refresh, isStale } = useResource(audit);
  const entries = value.value?.entries;
  if (entries === undefined)
    return fault.value === null ? (
      <Skeleton lines={6} />
    ) : (
      <ErrorFace fault={fault.value} onRetry={() => void refresh()} />
    );
  return (
    <Card title="Audit" flush stale={isStale.value}>
      <Table
        label="Audit"
        columns={COLUMNS}
        rows={entries}
        rowKey={({ at, action, summary }) => `${at} ${action} ${summary}`}
        firstOrder={{ by: 'at', descending: true }}
        empty={<EmptyState title="Nothing was done yet">Changes, sign-ins and refusals are listed here.</EmptyState>}
      />
    </Card>
  );
}
