/** Requests, errors and latency over time, with what happened marked on every chart. */
import { useShortcuts, type Shortcut } from '../../app/shortcuts.ts';
import { Card } from '../../components/card.tsx';
import { Chart, type ChartSeries } from '../../components/chart.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { TimeRangePicker } from '../../components/time-range-picker.tsx';
import { history } from '../../data/history.ts';
import { marks } from '../../data/marks.ts';
import { useResource } from '../../data/resource.ts';
import { isPaused, pause, resume, scrub } from '../../data/time-range.ts';
import { count, millis, rate, share } from '../../format/figures.ts';
import { Happenings } from './happenings.tsx';
import { HeatMap } from './heat-map.tsx';
import { lines, type Lines } from './lines.ts';
import { Routes } from './routes.tsx';
import { Totals } from './totals.tsx';
import './metrics.css';

/** Cursors of all charts move together. */
const GROUP = 'metrics';

const KEYS: readonly Shortcut[] = [
  { key: '[', says: 'Back in time', run: () => scrub(-0.5) },
  { key: ']', says: 'Forward in time', run: () => scrub(0.5) },
  { key: 'p', says: 'Pause, or follow now', run: () => (isPaused.peek() ? resume() : pause()) },
];

export default function MetricsPage() {
  const { fault, refresh } = useResource(history);
  useShortcuts(KEYS);
  const drawn = lines.value;
  return (
    <>
      <PageHead title="Metrics" says="Requests, errors and latency over time">
        <TimeRangePicker />
      </PageHead>
      <div class="page">
        <Totals answer={drawn?.answer ?? null} />
        {drawn === null && fault.value !== null && <ErrorFace fault={fault.value} onRetry={() => void refresh()} />}
        {drawn === null && fault.value === null && (
          <div class="metrics-waiting">
            <Skeleton lines={8} label="Loading the history" />
          </div>
        )}
        {drawn !== null && <Charts drawn={drawn} />}
        <Routes />
      </div>
    </>
  );
}

function Charts({ drawn }: { readonly drawn: Lines }) {
  const { answer } = drawn;
  if (answer.at.length === 0)
    return (
      <EmptyState icon="metrics" title="Nothing was recorded in this range">
        The history keeps 24 hours, and begins when EdgeBalancer does.
      </EmptyState>
    );
  return (
    <>
      <div class="metrics-charts">
        <Over title="Request rate" drawn={drawn} series={drawn.rate} format={rate} />
        <Over title="Success share" drawn={drawn} series={drawn.success} format={share} />
        <Over title="Latency" drawn={drawn} series={drawn.latency} format={millis} note="within 10 %" />
        <Over title="Answers by class of status, a second" drawn={drawn} series={drawn.statuses} format={rate} />
        <Over title="Retries, failovers, errors, a second" drawn={drawn} series={drawn.bounded} format={rate} />
        <Over title="In flight" drawn={drawn} series={drawn.inFlight} format={count} />
      </div>
      <Card title="Latency, all requests" flush stale={history.isStale.value}>
        <HeatMap answer={answer} />
      </Card>
      <Over title="Backend selection, share of picks" drawn={drawn} series={drawn.selection} format={share} />
      <Happenings answer={answer} />
    </>
  );
}

interface OverProps {
  readonly title: string;
  readonly drawn: Lines;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number | null) => string;
  readonly note?: string;
}

/** One chart over the range that all of them show. */
function Over({ title, drawn, series, format, note }: OverProps) {
  return (
    <Card
      title={title}
      flush
      stale={history.isStale.value}
      {...(note !== undefined && { actions: <span class="soft">{note}</span> })}
    >
      {series.length === 0 ? (
        <EmptyState title="Nobody was picked in this range" />
      ) : (
        <Chart label={title} at={drawn.at} series={series} format={format} marks={marks.value} group={GROUP} />
      )}
    </Card>
  );
}
