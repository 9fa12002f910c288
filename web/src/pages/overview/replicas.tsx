/** The replicas that share state with the one that answers, and the backends that any of them keeps out. Nothing where it is alone. */
import type { OutSomewhere, ReplicaEntry } from '#contract/replicas.ts';
import { Card } from '../../components/card.tsx';
import { Table, type Column } from '../../components/table.tsx';
import { read } from '../../data/client.ts';
import { resource, useResource } from '../../data/resource.ts';
import { count, millis, rate } from '../../format/figures.ts';
import { span } from '../../format/times.ts';
import './replicas.css';

/** Twice the time between two reports of a replica. */
const EVERY_MS = 2_000;

const replicas = resource((signal) => read('admin/replicas', { signal }), { everyMs: EVERY_MS });

const COLUMNS: readonly Column<ReplicaEntry>[] = [
  {
    key: 'name',
    title: 'Replica',
    cell: ({ name, id, here }) => (
      <span title={`id ${id}`}>
        {name}
        {here && <span class="replica-here"> this one</span>}
      </span>
    ),
    sortBy: ({ name }) => name,
  },
  { key: 'state', title: 'State', cell: stateOf, sortBy: stateOf },
  number('requests', 'Requests/s', ({ figures }) => figures.perSecond.requests, rate),
  number('errors', 'Errors/s', ({ figures }) => figures.perSecond.upstreamErrors, rate),
  number('in-flight', 'In flight', ({ figures }) => figures.inFlight, count),
  number('p99', 'p99', ({ figures }) => figures.latencyMs?.p99 ?? null, millis),
  {
    key: 'backends',
    title: 'Backends up',
    cell: ({ figures }) => `${figures.backendsUp} of ${figures.backends}`,
    sortBy: ({ figures }) => figures.backendsUp,
    align: 'right',
    minor: true,
  },
  { ...number('config', 'Shared version', ({ configVersion }) => configVersion, count), minor: true },
  { ...number('heard', 'Heard', ({ age }) => age, (age) => (age === 0 ? 'now' : `${span(age)} ago`)), minor: true }, // prettier-ignore
];

function number(
  key: string,
  title: string,
  of: (entry: ReplicaEntry) => number | null,
  shown: (value: number | null) => string,
): Column<ReplicaEntry> {
  return { key, title, cell: (entry) => shown(of(entry)), sortBy: of, align: 'right' };
}

function stateOf({ draining, workers }: ReplicaEntry): string {
  return draining ? 'draining' : workers === 0 ? 'no worker listens' : 'serving';
}

export function Replicas() {
  const known = useResource(replicas).value.value;
  if (known === null || !known.shared) return null;
  const { connected, totals, out } = known;
  const together = `${rate(totals.requestsPerSecond)} requests/s together, ${count(totals.inFlight)} in flight`;
  return (
    <Card title="Replicas" flush stale={replicas.isStale.value} actions={<span class="replicas-sum">{together}</span>}>
      {!connected && (
        <p class="replicas-note" role="status">
          What replicas share cannot be asked now: the others are as they were last heard of.
        </p>
      )}
      <Table
        label="Replicas"
        columns={COLUMNS}
        rows={known.replicas}
        rowKey={({ id }) => id}
        firstOrder={{ by: 'name', descending: false }}
      />
      {out.length > 0 && (
        <ul class="replicas-out" aria-label="Backends that some replica keeps out">
          {out.map((one) => (
            <li key={`${one.pool}/${one.backend} ${one.url}`}>{outText(one, known.replicas.length)}</li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function outText({ pool, backend, at }: OutSomewhere, of: number): string {
  const who = at.length === of ? 'every replica' : at.map(({ replica }) => replica).join(', ');
  const why = [...new Set(at.map(({ state, circuit }) => (circuit === 'closed' ? state : `circuit ${circuit}`)))];
  return `${pool}/${backend} is out at ${who}: ${why.join(', ')}`;
}
