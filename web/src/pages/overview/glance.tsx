/** The figures of this second, each with how it has moved in the past five minutes. */
import { Sparkline } from '../../components/sparkline.tsx';
import { Stat, StatGroup } from '../../components/stat.tsx';
import { figures, latency, recentFigures, successOf, successShare } from '../../data/live-figures.ts';
import { count, millis, rate, share } from '../../format/figures.ts';

/** Seconds that a line stands for at least, when the dashboard has not been open for as long. */
const SPAN_MIN = 60;
/** Below these, somebody should look. */
const SUCCESS_WARN = 0.999;
const SUCCESS_BAD = 0.98;

export function Glance() {
  const now = figures.value;
  const past = recentFigures.value;
  const well = successShare.value;
  const length = Math.max(SPAN_MIN, past.length);
  const line = (values: (number | null)[]) => <Sparkline values={values} length={length} />;
  return (
    <StatGroup label="At a glance">
      <Stat
        label="Requests per second"
        value={rate(now?.perSecond.requests)}
        trend={line(past.map(({ perSecond }) => perSecond.requests))}
        note={`${count(now?.totalRequests)} in total`}
      />
      <Stat
        label="Success"
        value={share(well)}
        {...(well !== null && well < SUCCESS_WARN && { tone: well < SUCCESS_BAD ? 'bad' : 'warn' })}
        trend={<Sparkline values={past.map((event) => successOf([event]))} length={length} max={1} />}
        note="not answered with 5xx, past 10 s"
      />
      <Stat
        label="p50"
        value={millis(latency.value?.p50)}
        trend={line(past.map(({ latencyMs }) => latencyMs?.p50 ?? null))}
        note="half of the requests are faster"
      />
      <Stat
        label="p99"
        value={millis(latency.value?.p99)}
        trend={line(past.map(({ latencyMs }) => latencyMs?.p99 ?? null))}
        note="one in a hundred is slower"
      />
      <Stat
        label="In flight"
        value={count(now?.inFlight)}
        trend={line(past.map(({ inFlight }) => inFlight))}
        note={`${count(now?.connections)} connections`}
      />
      <Stat
        label="Backends up"
        value={now === null ? count(null) : `${now.backendsUp} of ${now.backends}`}
        {...(now !== null && now.backendsUp < now.backends && { tone: 'warn' })}
        trend={line(past.map(({ backendsUp }) => backendsUp))}
        note={`${rate(now?.perSecond.retries)} retries a second`}
      />
    </StatGroup>
  );
}
