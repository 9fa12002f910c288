/** One backend closely: why it is what it is, its figures, what can be done, and what has happened to it. */
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../../components/button.tsx';
import { Sparkline } from '../../components/sparkline.tsx';
import { CircuitBadge, StateBadge } from '../../components/state-badge.tsx';
import { serverNowMs } from '../../data/clock.ts';
import { isOperator } from '../../data/session.ts';
import { stateChanges } from '../../data/state-changes.ts';
import { count, millis, rate, share } from '../../format/figures.ts';
import { ago } from '../../format/times.ts';
import { ACTIONS, actionsFor } from './backend-action.ts';
import { errorsTone, latencyOf } from './backend-columns.tsx';
import { BackendHistory } from './backend-history.tsx';
import { changesOf, reasonOf } from './backend-reason.ts';
import type { BackendRow } from './backend-rows.ts';
import { TRAIL_MAX } from './backend-trail.ts';
import { askAction } from './pending-change.ts';
import { closeBackend, opened, openedKey } from './table-view.ts';
import './backend-panel.css';

export function BackendPanel() {
  const row = opened.value;
  const key = openedKey.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: false }), [key]);
  if (row === null) return null;
  return (
    <aside class="backend-panel" aria-label={`Backend ${key}`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {key}
        </h2>
        <Button kind="quiet" size="small" icon="close" label="Close the details" onClick={leavePanel} />
      </header>
      {row === 'missing' ? (
        <p>There is no such backend. It may have been removed, or renamed.</p>
      ) : (
        <Details row={row} />
      )}
    </aside>
  );
}

/** The row that it was opened from has the focus again, as far as it is in sight. */
export function leavePanel(): void {
  const key = openedKey.peek();
  closeBackend();
  document.querySelector<HTMLElement>(`.backend-table tr[data-key="${CSS.escape(key)}"]`)?.focus();
}

function Details({ row }: { readonly row: BackendRow }) {
  const { backend } = row;
  const nowMs = serverNowMs.value;
  const changes = changesOf(row, stateChanges.value);
  return (
    <>
      <div class="backend-panel-why">
        <span>
          <StateBadge state={backend.state} />
          {backend.circuit !== 'closed' && <CircuitBadge circuit={backend.circuit} />}
        </span>
        <p>{reasonOf(row, stateChanges.value, nowMs)}</p>
      </div>
      {isOperator.value && (
        <div class="backend-panel-acts">
          {actionsFor(row).map((name) => (
            <Button
              key={name}
              size="small"
              kind={ACTIONS[name].danger ? 'danger' : 'plain'}
              title={ACTIONS[name].says}
              onClick={() => askAction(name, [row.key])}
            >
              {ACTIONS[name].title}
            </Button>
          ))}
        </div>
      )}
      <Facts row={row} nowMs={nowMs} />
      <h3>What has happened to it</h3>
      <BackendHistory changes={changes} nowMs={nowMs} />
    </>
  );
}

function Facts({ row, nowMs }: { readonly row: BackendRow; readonly nowMs: number }) {
  const { backend, trail } = row;
  const { url, addresses, tier, weight, effectiveWeight, circuit, circuitChange, lastProbe } = backend;
  return (
    <dl class="backend-facts">
      <dt>Requests a second</dt>
      <dd class="backend-fact-line">
        {rate(row.rate)}
        <span>
          <Sparkline values={trail.rates} length={TRAIL_MAX} label="Requests a second, past minute" />
        </span>
      </dd>
      <dt>Errors, past 10 s</dt>
      <dd class={errorsTone(row.errorShare)}>{share(row.errorShare)}</dd>
      <dt>In flight</dt>
      <dd>{count(backend.inFlight)}</dd>
      <dt>Share of its pool</dt>
      <dd>{share(row.share)}</dd>
      <dt>p50, p90, p99</dt>
      <dd>{(['p50', 'p90', 'p99'] as const).map((name) => millis(latencyOf(backend, name))).join(', ')}</dd>
      <dt>Attempts, failed</dt>
      <dd>
        {count(backend.requests)}, {count(backend.failures)}
      </dd>
      <dt>Last probe</dt>
      <dd>
        {lastProbe === null
          ? 'none yet, or its pool has no probes'
          : `${lastProbe.detail}, ${millis(lastProbe.ms)}, ${ago(Date.parse(lastProbe.at), nowMs)}`}
      </dd>
      <dt>Circuit</dt>
      <dd>
        {circuit}
        {circuitChange !== null && `: ${circuitChange.detail}, ${ago(Date.parse(circuitChange.at), nowMs)}`}
      </dd>
      <dt>Weight, tier</dt>
      <dd>
        {effectiveWeight === weight ? weight : `${effectiveWeight.toFixed(2)} of ${weight}`}, {tier}
      </dd>
      <dt>URL</dt>
      <dd>
        <code>{url}</code>
        {addresses.length > 0 && ` (${addresses.join(', ')})`}
      </dd>
    </dl>
  );
}
