/** When something was out of its normal range: what, since when, why, and what happened around it. */
import { useMemo, useState } from 'preact/hooks';
import type { IncidentAnswer, IncidentEntry, IncidentsAnswer } from '#contract/incidents.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { callAddress, read } from '../../data/client.ts';
import { resource, useResource } from '../../data/resource.ts';
import { moment } from '../../format/times.ts';
import { ToldText } from './told-text.tsx';
import './incident-list.css';

const EVERY_MS = 10_000;

const incidents = resource<IncidentsAnswer>((signal) => read('admin/incidents', { signal }), { everyMs: EVERY_MS });

export function IncidentList() {
  const { value, fault, isStale, refresh } = useResource(incidents);
  const list = value.value?.incidents;
  return (
    <Card title="Incidents" stale={isStale.value} flush>
      {list === undefined ? (
        fault.value === null ? (
          <Skeleton lines={2} label="Loading the incidents" />
        ) : (
          <ErrorFace fault={fault.value} small onRetry={() => void refresh()} />
        )
      ) : list.length === 0 ? (
        <EmptyState title="Nothing has left its normal range">
          p99, errors and circuits are compared with what they usually are.
        </EmptyState>
      ) : (
        <ul class="incidents">
          {list.map((entry) => (
            <Incident key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Incident({ entry }: { readonly entry: IncidentEntry }) {
  const [open, setOpen] = useState(false);
  const { id, openedAt, closedAt, says, cause } = entry;
  return (
    <li class={closedAt === null ? 'incident incident-open' : 'incident'}>
      <div class="incident-head">
        <span class={`state-badge ${closedAt === null ? 'state-badge-bad' : 'state-badge-calm'}`}>
          {closedAt === null ? 'goes on' : 'over'}
        </span>
        <span class="incident-when">
          {moment(openedAt)}
          {closedAt !== null && ` to ${moment(closedAt)}`}
        </span>
        <span class="incident-says">{says}</span>
        <Button size="small" expanded={open} label={`Details of ${id}`} onClick={() => setOpen(!open)}>
          {open ? 'Less' : 'More'}
        </Button>
      </div>
      {cause !== null && (
        <p>
          <strong>Cause:</strong> <ToldText told={cause} />
        </p>
      )}
      {open && <Details id={id} key={`${id} ${closedAt}`} />}
    </li>
  );
}

function Details({ id }: { readonly id: string }) {
  const one = useMemo(
    () => resource<IncidentAnswer>((signal) => read(`admin/incidents/${id}`, { signal }), { everyMs: EVERY_MS }),
    [id],
  );
  const { value, fault } = useResource(one);
  if (value.value === null)
    return fault.value === null ? <Skeleton lines={3} /> : <ErrorFace fault={fault.value} small />;
  const { timeline, models } = value.value;
  return (
    <>
      <ol class="incident-timeline" aria-label={`Timeline of ${id}`}>
        {timeline.map(({ at, kind, says }, index) => (
          <li key={index}>
            <time dateTime={at}>{moment(at)}</time>
            <code>{kind}</code>
            <span>{says}</span>
          </li>
        ))}
      </ol>
      <p class="soft">
        <a href={callAddress(`admin/incidents/${id}`)} download={`incident-${id}.json`}>
          Download
        </a>
        {models.length > 0 && (
          <>
            ; <code>edgebalancer simulate --from FILE</code> replays it.
          </>
        )}
      </p>
    </>
  );
}
