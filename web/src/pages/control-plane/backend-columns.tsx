/** The columns of the table. Figures that are not known are an em dash; what is usual is quiet, so that the rest stands out. */
import type { BackendEntry } from '#contract/admin.ts';
import { Sparkline } from '../../components/sparkline.tsx';
import { CircuitBadge, StateBadge } from '../../components/state-badge.tsx';
import type { Column } from '../../components/table.tsx';
import { count, millis, rate, share, UNKNOWN } from '../../format/figures.ts';
import { ago } from '../../format/times.ts';
import { serverNowMs } from '../../data/clock.ts';
import { Button } from '../../components/button.tsx';
import { ACTIONS, firstAction } from './backend-action.ts';
import { severity, type BackendRow } from './backend-rows.ts';
import { TRAIL_MAX } from './backend-trail.ts';
import { askAction } from './pending-change.ts';
import { RowMenuButton } from './row-menu.tsx';
import { tickedKeys, toggle } from './selection.ts';
import { openBackend } from './table-view.ts';

type RowColumn = Column<BackendRow>;

/** Above these shares of failed attempts somebody should look. */
const ERRORS_WARN = 0.001;
const ERRORS_BAD = 0.02;
/** Of fewer seconds a line is a speck. */
const LINE_MIN = 10;

const TICK: RowColumn = {
  key: 'tick',
  title: 'Selected',
  quietTitle: true,
  width: '2.25rem',
  cell: ({ key }) => (
    <input
      type="checkbox"
      class="backend-tick"
      aria-label={`Select ${key}`}
      tabIndex={-1}
      checked={tickedKeys.value.has(key)}
      onChange={() => toggle(key)}
    />
  ),
};

const STATE: RowColumn = {
  key: 'state',
  title: 'State',
  width: '7rem',
  sortBy: ({ backend }) => severity(backend),
  cell: ({ backend }) => <StateBadge state={backend.state} />,
};

const NAME: RowColumn = {
  key: 'backend',
  title: 'Backend',
  // In a long table a column without a width gets what the others leave, which may be nothing.
  width: '7rem',
  sortBy: ({ id }) => id,
  cell: ({ key, id, backend }) => (
    <button type="button" class="backend-name" tabIndex={-1} title={backend.url} onClick={() => openBackend(key)}>
      {id}
    </button>
  ),
};

const POOL: RowColumn = {
  key: 'pool',
  title: 'Pool',
  width: '6.5rem',
  minor: true,
  sortBy: ({ pool }) => pool,
  cell: ({ pool }) => pool,
};

const CIRCUIT: RowColumn = {
  key: 'circuit',
  title: 'Circuit',
  width: '6rem',
  minor: true,
  sortBy: ({ backend }) => ({ open: 0, 'half-open': 1, closed: 2 })[backend.circuit],
  cell: ({ backend: { circuit, circuitChange } }) =>
    circuit === 'closed' ? (
      <span class="soft">closed</span>
    ) : (
      <span title={circuitChange?.detail}>
        <CircuitBadge circuit={circuit} />
      </span>
    ),
};

const WEIGHT: RowColumn = {
  key: 'weight',
  title: 'Weight',
  width: '4.25rem',
  align: 'right',
  minor: true,
  sortBy: ({ backend }) => backend.effectiveWeight,
  cell: ({ backend }) => <Weight backend={backend} />,
};

const IN_FLIGHT: RowColumn = {
  key: 'inFlight',
  title: 'In flight',
  width: '4.5rem',
  align: 'right',
  sortBy: ({ backend }) => backend.inFlight,
  cell: ({ backend }) => count(backend.inFlight),
};

const SHARE: RowColumn = {
  key: 'share',
  title: 'Share',
  width: '4.25rem',
  align: 'right',
  minor: true,
  sortBy: (row) => row.share,
  cell: (row) => share(row.share),
};

const RATE: RowColumn = {
  key: 'rate',
  title: 'Req/s',
  width: '6.25rem',
  align: 'right',
  sortBy: (row) => row.rate,
  cell: (row) => (
    <span class="backend-figure">
      <span class="backend-line">
        <Sparkline values={row.trail.rates} length={TRAIL_MAX} />
      </span>
      <span class="backend-amount">{rate(row.rate)}</span>
    </span>
  ),
};

const ERRORS: RowColumn = {
  key: 'errors',
  title: 'Errors',
  width: '4.25rem',
  align: 'right',
  sortBy: (row) => row.errorShare,
  cell: ({ errorShare }) => <span class={errorsTone(errorShare)}>{share(errorShare)}</span>,
};

const P50: RowColumn = {
  key: 'p50',
  title: 'p50',
  width: '4.75rem',
  align: 'right',
  minor: true,
  sortBy: ({ backend }) => latencyOf(backend, 'p50'),
  cell: ({ backend }) => millis(latencyOf(backend, 'p50')),
};

const P99: RowColumn = {
  key: 'p99',
  title: 'p99',
  width: '6.75rem',
  align: 'right',
  sortBy: ({ backend }) => latencyOf(backend, 'p99'),
  cell: ({ backend, trail }) => (
    <span class="backend-figure" title="Of all requests since the start; the line is the past minute">
      <span class="backend-line">
        {trail.p99s.length >= LINE_MIN && <Sparkline values={trail.p99s} length={TRAIL_MAX} />}
      </span>
      <span class="backend-amount">{millis(latencyOf(backend, 'p99'))}</span>
    </span>
  ),
};

const PROBE: RowColumn = {
  key: 'probe',
  title: 'Last probe',
  width: '7.5rem',
  minor: true,
  sortBy: ({ backend: { lastProbe } }) => (lastProbe === null ? null : lastProbe.ok ? lastProbe.ms : -1),
  cell: ({ backend }) => <Probe backend={backend} />,
};

const ACT: RowColumn = {
  key: 'act',
  title: 'Actions',
  quietTitle: true,
  width: '7rem',
  align: 'right',
  cell: (row) => {
    const name = firstAction(row);
    return (
      <span class="backend-acts">
        <Button
          size="small"
          label={`${ACTIONS[name].verb} ${row.key}`}
          title={ACTIONS[name].says}
          onClick={() => askAction(name, [row.key])}
        >
          {ACTIONS[name].title}
        </Button>
        <RowMenuButton rowKey={row.key} />
      </span>
    );
  },
};

/** On a phone there is room for the menu, which has all of them. */
const ACT_PHONE: RowColumn = { ...ACT, width: '3rem', cell: ({ key }) => <RowMenuButton rowKey={key} /> };

export interface ColumnChoice {
  /** Those who may change things are given ticks and actions. */
  readonly acts: boolean;
  /** Of one pool only: its name would say nothing. */
  readonly onePool: boolean;
  /** Room for: all of it; what is looked at first; what fits a phone. What is left out is in the details. */
  readonly room: 'wide' | 'medium' | 'phone';
  /** A backend is open: what can be done to it stands there. */
  readonly open: boolean;
}

const MIDDLE: Readonly<Record<ColumnChoice['room'], readonly RowColumn[]>> = {
  wide: [CIRCUIT, WEIGHT, IN_FLIGHT, SHARE, RATE, ERRORS, P50, P99, PROBE],
  medium: [CIRCUIT, IN_FLIGHT, RATE, ERRORS, P99],
  phone: [RATE, ERRORS],
};

export function columnsFor({ acts, onePool, room, open }: ColumnChoice): readonly RowColumn[] {
  return [
    // Several at once are chosen where there is room for it.
    ...(acts && room !== 'phone' ? [TICK] : []),
    STATE,
    NAME,
    ...(onePool ? [] : [POOL]),
    ...MIDDLE[room],
    ...(acts && !open ? [room === 'phone' ? ACT_PHONE : ACT] : []),
  ];
}

function Weight({ backend: { weight, effectiveWeight } }: { readonly backend: BackendEntry }) {
  if (effectiveWeight === weight) return weight;
  return (
    <span title={`Brought back slowly: ${effectiveWeight.toFixed(2)} of ${weight}`}>
      <span class="backend-warn">{effectiveWeight.toFixed(2)}</span> <span class="soft">of {weight}</span>
    </span>
  );
}

function Probe({ backend: { lastProbe } }: { readonly backend: BackendEntry }) {
  if (lastProbe === null) return UNKNOWN;
  const { ok, ms, detail, at } = lastProbe;
  const age = ago(Date.parse(at), serverNowMs.value);
  return (
    <span title={`${detail}, ${millis(ms)}, ${age}`}>
      <span class={ok ? 'soft' : 'backend-bad'}>{ok ? millis(ms) : detail}</span> <span class="soft">{age}</span>
    </span>
  );
}

/** Null before its first request: then 0 is no latency. */
export function latencyOf({ requests, latencyMs }: BackendEntry, name: keyof BackendEntry['latencyMs']): number | null {
  return requests === 0 ? null : latencyMs[name];
}

export function errorsTone(errorShare: number | null): string {
  if (errorShare === null || errorShare <= ERRORS_WARN) return '';
  return errorShare > ERRORS_BAD ? 'backend-bad' : 'backend-warn';
}
