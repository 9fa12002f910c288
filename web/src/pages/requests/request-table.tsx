/** The list: one request a row, opened by a press or Enter. */
import type { RequestEntry, RequestsAnswer } from '#contract/requests.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Table, type Column } from '../../components/table.tsx';
import { count, millis, UNKNOWN } from '../../format/figures.ts';
import { moment } from '../../format/times.ts';
import { isFiltered, list, openId } from './request-filters.ts';
import { LIST_EMPTY, statusText, statusTone, WHY_TEXT } from './request-words.ts';
import './request-table.css';

const COLUMNS: readonly Column<RequestEntry>[] = [
  { key: 'at', title: 'When', width: '6rem', cell: ({ at }) => moment(at), sortBy: ({ at }) => at },
  {
    key: 'status',
    title: 'Status',
    width: '5rem',
    cell: (entry) => <span class={`request-status-${statusTone(entry.status)}`}>{statusText(entry.status)}</span>,
    sortBy: ({ status }) => status,
  },
  {
    key: 'ms',
    title: 'Took',
    width: '6rem',
    align: 'right',
    cell: ({ durationMs }) => millis(durationMs),
    sortBy: ({ durationMs }) => durationMs,
  },
  {
    key: 'attempts',
    title: 'Tries',
    width: '4rem',
    align: 'right',
    cell: ({ attempts }) => count(attempts),
    sortBy: ({ attempts }) => attempts,
  },
  {
    key: 'backend',
    title: 'Backend',
    width: '10rem',
    cell: (entry) => (entry.backend === '' ? (entry.reason ?? UNKNOWN) : `${entry.pool}/${entry.backend}`),
    sortBy: ({ backend, pool }) => `${pool}/${backend}`,
  },
  { key: 'route', title: 'Route', width: '8rem', minor: true, cell: ({ route }) => route || UNKNOWN },
  { key: 'why', title: 'Recorded', width: '8rem', minor: true, cell: ({ why }) => WHY_TEXT[why] },
  {
    key: 'request',
    title: 'Request',
    cell: ({ method, target }) => (
      <span class="request-target" title={`${method} ${target}`}>
        <strong>{method}</strong> {target}
      </span>
    ),
  },
];

export function RequestTable({ answer }: { readonly answer: RequestsAnswer }) {
  const open = ({ id }: RequestEntry): void => openId.set(id);
  return (
    <div class="request-table">
      <Table
        label="Recorded requests"
        columns={COLUMNS}
        rows={answer.requests}
        rowKey={({ id, at }) => `${id} ${at}`}
        onOpen={open}
        isChosen={({ id }) => id === openId.value.value}
        empty={<Nothing sample={answer.sample} />}
      />
      {answer.missingWorkers.length > 0 && (
        <p class="request-missing" role="status">
          {answer.missingWorkers.length === 1
            ? `Worker ${answer.missingWorkers[0]} has`
            : `Workers ${answer.missingWorkers.join(', ')} have`}{' '}
          not answered in time: what was recorded there is missing here.
        </p>
      )}
    </div>
  );
}

function Nothing({ sample }: { readonly sample: number | null }) {
  if (sample === null)
    return (
      <EmptyState icon="requests" title="Nothing is recorded">
        The configuration says <code>requests: null</code>.
      </EmptyState>
    );
  if (isFiltered.value)
    return <EmptyState icon="requests" title="No recorded request is like that. Widen the filters." />;
  return <EmptyState icon="requests" title={LIST_EMPTY[list.value.value]} />;
}
