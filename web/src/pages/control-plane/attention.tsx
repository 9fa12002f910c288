/** What is wrong now, one sentence each, with the way out beside it. When nothing is, it says so. */
import { Button } from '../../components/button.tsx';
import { StateBadge, CircuitBadge } from '../../components/state-badge.tsx';
import { serverNowMs } from '../../data/clock.ts';
import { backends } from '../../data/resources.ts';
import { isOperator } from '../../data/session.ts';
import { stateChanges } from '../../data/state-changes.ts';
import { count } from '../../format/figures.ts';
import { reasonOf } from './backend-reason.ts';
import { backendRows, isTroubled, serves, severity, type BackendRow } from './backend-rows.ts';
import { askAction } from './pending-change.ts';
import { openBackend, stateChoice } from './table-view.ts';
import './attention.css';

/** More are a list, and the table is one. */
const SHOWN_MAX = 4;

export function Attention() {
  const rows = backendRows.value;
  const troubled = rows
    .filter(({ backend }) => isTroubled(backend))
    .sort((a, b) => severity(a.backend) - severity(b.backend));
  const panics = backends.value.value?.pools.filter(({ panic }) => panic) ?? [];
  return (
    <section class="attention" aria-label="Needs attention">
      {panics.map(({ name }) => (
        <p key={name} class="attention-panic">
          <strong>{name} is in panic:</strong> so few of its backends are eligible that all which probes do not call
          down get requests, whatever their circuits say.
        </p>
      ))}
      {troubled.length === 0 ? (
        <p class="attention-none">
          <StateBadge state="healthy" /> <span>{allWell(rows)}</span>
        </p>
      ) : (
        <ul>
          {troubled.slice(0, SHOWN_MAX).map((row) => (
            <Trouble key={row.key} row={row} />
          ))}
        </ul>
      )}
      {troubled.length > SHOWN_MAX && (
        <p class="attention-more">
          And {troubled.length - SHOWN_MAX} more.{' '}
          <Button size="small" kind="quiet" onClick={() => stateChoice.set('trouble')}>
            Show all {troubled.length}
          </Button>
        </p>
      )}
    </section>
  );
}

function Trouble({ row }: { readonly row: BackendRow }) {
  const { key, backend } = row;
  return (
    <li>
      <span class="attention-state">
        {backend.state === 'healthy' ? (
          <CircuitBadge circuit={backend.circuit} />
        ) : (
          <StateBadge state={backend.state} />
        )}
      </span>
      <button type="button" class="attention-name" onClick={() => openBackend(key)}>
        {key}
      </button>
      <span class="attention-why">{reasonOf(row, stateChanges.value, serverNowMs.value)}</span>
      {isOperator.value && (
        <Button size="small" label={`Drain ${key}`} onClick={() => askAction('drain', [key])}>
          Drain
        </Button>
      )}
    </li>
  );
}

function allWell(rows: readonly BackendRow[]): string {
  const serving = rows.filter(({ backend }) => serves(backend)).length;
  const out = rows.length - serving;
  if (out === 0) return rows.length === 1 ? 'The one backend serves.' : `All ${count(rows.length)} backends serve.`;
  return `${count(serving)} of ${count(rows.length)} backends serve; ${out === 1 ? 'one is' : `${count(out)} are`} out because an operator said so.`;
}
