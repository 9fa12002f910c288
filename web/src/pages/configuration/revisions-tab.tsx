/** Every configuration that was in force: who made it, when, from where, and what it changed; any of them can come back. */
import { useEffect, useState } from 'preact/hooks';
import type { RevisionAnswer, RevisionEntry } from '#contract/control.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Select } from '../../components/select.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Table, type Column } from '../../components/table.tsx';
import { rollBack } from '../../data/changes.ts';
import { read } from '../../data/client.ts';
import { asFault, type Fault } from '../../data/fault.ts';
import { revisions } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { isOperator } from '../../data/session.ts';
import { moment } from '../../format/times.ts';
import { queryValue } from '../../routing/query-value.ts';
import { DiffView } from './diff-view.tsx';
import { LinesList } from './lines-list.tsx';

const chosen = queryValue<string>('revision', '');
const against = queryValue<string>('against', '');

const COLUMNS: readonly Column<RevisionEntry>[] = [
  {
    key: 'revision',
    title: 'Revision',
    width: '6rem',
    cell: ({ revision, inForce }) => (
      <>
        <strong>{revision}</strong>
        {inForce && ' (in force)'}
      </>
    ),
    sortBy: ({ revision }) => revision,
  },
  { key: 'at', title: 'When', width: '10rem', cell: ({ at }) => moment(at), sortBy: ({ at }) => at },
  { key: 'by', title: 'By', width: '8rem', cell: ({ by }) => by.name, sortBy: ({ by }) => by.name },
  { key: 'from', title: 'From', width: '10rem', minor: true, cell: ({ by }) => by.from },
  { key: 'summary', title: 'What', cell: ({ summary }) => <span title={summary}>{summary}</span> },
];

export function RevisionsTab() {
  const { value, fault, refresh } = useResource(revisions);
  const all = value.value?.revisions;
  if (all === undefined)
    return fault.value === null ? (
      <Skeleton lines={6} />
    ) : (
      <ErrorFace fault={fault.value} onRetry={() => void refresh()} />
    );
  const one = all.find(({ revision }) => String(revision) === chosen.value.value) ?? all[0];
  return (
    <div class="configuration-revisions">
      <Card title="Revisions" flush>
        <Table
          label="Revisions of the configuration"
          columns={COLUMNS}
          rows={all}
          rowKey={({ revision }) => String(revision)}
          onOpen={({ revision }) => chosen.set(String(revision))}
          isChosen={({ revision }) => revision === one?.revision}
          firstOrder={{ by: 'revision', descending: true }}
          empty={<EmptyState title="No revision is kept">A first one is made when EdgeBalancer starts.</EmptyState>}
        />
      </Card>
      {one !== undefined && <OneRevision key={one.revision} one={one} all={all} />}
    </div>
  );
}

interface OneRevisionProps {
  readonly one: RevisionEntry;
  readonly all: readonly RevisionEntry[];
}

function OneRevision({ one, all }: OneRevisionProps) {
  const [asking, setAsking] = useState(false);
  const other = all.find(({ revision }) => String(revision) === against.value.value && revision !== one.revision);
  const choices = [
    { value: '', label: 'the revision before' },
    ...all
      .filter(({ revision }) => revision !== one.revision)
      .map(({ revision, inForce }) => ({
        value: String(revision),
        label: `revision ${revision}${inForce ? ' (in force)' : ''}`,
      })),
  ];
  return (
    <Card
      title={`Revision ${one.revision}`}
      actions={
        <>
          <Select
            compact
            label="Compare with"
            choices={choices}
            value={other === undefined ? '' : String(other.revision)}
            onChange={against.set}
          />
          {!one.inForce && isOperator.value && (
            <Button size="small" kind="danger" onClick={() => setAsking(true)}>
              Go back to it…
            </Button>
          )}
        </>
      }
    >
      <p>
        {one.summary}{' '}
        <span class="soft">
          by {one.by.name} from {one.by.from}, {moment(one.at)}
        </span>
      </p>
      {other === undefined ? (
        <LinesList lines={one.diff} label={`What revision ${one.revision} changed`} />
      ) : (
        <Comparison before={other.revision} after={one.revision} />
      )}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Go back to revision ${one.revision}?`}
        predict={() => rollBack(one.revision, { dryRun: true })}
        effectKey={asking ? String(one.revision) : ''}
        action="Go back"
        danger
        onConfirm={() => rollBack(one.revision)}
        done={`The configuration of revision ${one.revision} is in force again.`}
      >
        <p>It becomes a new revision, so that this can be undone too.</p>
      </ConfirmDialog>
    </Card>
  );
}

type Both = { readonly before: string; readonly after: string } | { readonly fault: Fault } | null;

function Comparison({ before, after }: { readonly before: number; readonly after: number }) {
  const [both, setBoth] = useState<Both>(null);
  useEffect(() => {
    const leave = new AbortController();
    const textOf = async (revision: number) => linesOf(await read(`admin/config/revisions/${revision}`, leave));
    setBoth(null);
    Promise.all([textOf(before), textOf(after)]).then(
      ([left, right]) => setBoth({ before: left, after: right }),
      (thrown: unknown) => {
        if (!leave.signal.aborted) setBoth({ fault: asFault(thrown) });
      },
    );
    return () => leave.abort();
  }, [before, after]);
  if (both === null) return <Skeleton lines={4} />;
  if ('fault' in both) return <ErrorFace fault={both.fault} small />;
  return <DiffView label={`Revision ${after} against ${before}`} before={both.before} after={both.after} />;
}

function linesOf({ config }: RevisionAnswer): string {
  return JSON.stringify(config, null, 2);
}
