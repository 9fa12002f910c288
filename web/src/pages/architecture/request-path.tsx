/** The way of a request, stage by stage: what each does, what rules it, and what it is doing now where that is measured here. */
import type { ComponentChildren } from 'preact';
import type { PagePath } from '#contract/pages.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { figures, latency } from '../../data/live-figures.ts';
import { backends, overview, strategies } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { count, millis, rate, UNKNOWN } from '../../format/figures.ts';
import { Link } from '../../routing/link.tsx';
import './request-path.css';

interface Stage {
  readonly name: string;
  readonly icon: IconName;
  readonly says: string;
  /** Keys of the configuration that rule it. */
  readonly settings?: string;
  /** Null: nothing of it is measured here. */
  readonly figure: string | null;
  readonly note?: string;
  readonly to?: PagePath;
  /** It stands in front of this process, where it is deployed at all. */
  readonly outside?: boolean;
}

export function RequestPath() {
  const stages = useStages();
  return (
    <ol class="request-path" aria-label="The way of a request">
      {stages.map((stage) => (
        <li key={stage.name} class={stage.outside === true ? 'stage stage-outside' : 'stage'}>
          <StageBody stage={stage} />
        </li>
      ))}
    </ol>
  );
}

function StageBody({ stage }: { readonly stage: Stage }) {
  const { name, icon, says, settings, figure, note, to } = stage;
  return (
    <>
      <h2>
        <Icon name={icon} />
        {to === undefined ? name : <Link to={to}>{name}</Link>}
      </h2>
      <p class="stage-figure">
        {figure === null ? <span class="soft">not measured here</span> : <strong>{figure}</strong>}
        {note !== undefined && <span class="soft"> {note}</span>}
      </p>
      <p>{says}</p>
      {settings !== undefined && (
        <p class="stage-settings">
          {settings.split(' ').map((key): ComponentChildren => (
            <code key={key}>{key}</code>
          ))}
        </p>
      )}
    </>
  );
}

function useStages(): readonly Stage[] {
  const now = figures.value;
  const known = useResource(overview).value.value;
  const pools = useResource(backends).value.value?.pools;
  const ways = Object.values(useResource(strategies).value.value?.pools ?? {});
  const perSecond = now?.perSecond;
  const open = pools?.flatMap((pool) => pool.backends).filter(({ circuit }) => circuit !== 'closed').length;
  const names = [...new Set(ways.map(({ name }) => name))];
  return [
    {
      name: 'Clients',
      icon: 'overview',
      figure: `${rate(perSecond?.requests)} requests a second`,
      note: `over ${count(now?.connections)} connections`,
      says: 'Browsers, apps and other services call /proxy/ or whatever routes match.',
      to: '',
    },
    {
      name: 'CloudFront',
      icon: 'external',
      figure: null,
      says: 'Where it is deployed on AWS: ends TLS near the client and answers what it has cached.',
      to: 'cost',
      outside: true,
    },
    {
      name: 'Application Load Balancer',
      icon: 'external',
      figure: null,
      says: 'Where it is deployed on AWS: takes requests from CloudFront alone and spreads them over tasks.',
      to: 'cost',
      outside: true,
    },
    {
      name: 'ECS task, or this process',
      icon: 'architecture',
      figure: known === null ? UNKNOWN : `${known.workers.length} ${known.workers.length === 1 ? 'worker' : 'workers'}`,
      note: known === null ? '' : `${count(known.workerRestarts)} restarted`,
      says: 'One thread for each CPU takes connections; all of them share one memory for counts, health and limits.',
      settings: 'workers engine',
    },
    {
      name: 'Listener',
      icon: 'down',
      figure: known === null ? UNKNOWN : known.listeners.map(({ address }) => address).join(', '),
      says: 'Reads the request strictly: one reading of it, or 400 and a closed connection. Slow and hostile clients meet a limit each.',
      settings: 'listeners',
      to: 'configuration',
    },
    {
      name: 'Rate limit and tracing',
      icon: 'pause',
      figure: `${rate(perSecond?.rateLimited)} refused a second`,
      says: 'Token buckets refuse what is too much before a backend is chosen; the trace context is taken up or begun.',
      settings: 'rateLimits overload tracing',
      to: 'metrics-view',
    },
    {
      name: 'Pick',
      icon: 'control',
      figure: names.length === 0 ? UNKNOWN : names.join(', '),
      says: 'Among the eligible backends the strategy picks one. It knows numbers alone: no address, no header.',
      settings: 'routes pools.*.strategy',
      to: 'control-plane',
    },
    {
      name: 'Retry and breaker',
      icon: 'undo',
      figure: `${rate(perSecond?.retries)} retries a second`,
      note: `${count(open)} circuits open`,
      says: 'What failed and may be repeated is tried elsewhere, within a budget; circuits and probes take out who fails.',
      settings: 'pools.*.retry pools.*.circuit pools.*.hedge',
      to: 'requests',
    },
    {
      name: 'Backend',
      icon: 'requests',
      figure: now === null ? UNKNOWN : `${now.backendsUp} of ${now.backends} up`,
      note: `p99 ${millis(latency.value?.p99)}`,
      says: 'Its answer is streamed back as it comes, with backpressure both ways; its connection is kept for the next.',
      settings: 'pools.*.backends pools.*.health',
      to: 'control-plane',
    },
    {
      name: 'Metrics, log, traces',
      icon: 'metrics',
      figure: `${count(now?.totalRequests)} counted`,
      says: 'Counted in shared memory without a lock; read by this page, by Prometheus at /metrics, and kept for 24 hours.',
      settings: 'log tracing requests',
      to: 'metrics-view',
    },
  ];
}
