/** What this costs in a month, line by line, and what it would cost otherwise. */
import type { CostAnswer } from '#contract/cost.ts';
import { Card } from '../../components/card.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Stat, StatGroup } from '../../components/stat.tsx';
import { useResource } from '../../data/resource.ts';
import { cost } from '../../data/resources.ts';
import { money, short, UNKNOWN } from '../../format/figures.ts';
import { isSupposing, supposed } from './cost-question.ts';
import { ItemTable } from './item-table.tsx';
import { RouteTable } from './route-table.tsx';
import { SupposeCard } from './suppose-card.tsx';
import './page.css';

export default function CostPage() {
  const { value, fault, isStale, refresh } = useResource(cost);
  const other = useResource(supposed);
  const now = value.value;
  const shown = isSupposing.value ? (other.value.value ?? now) : now;
  return (
    <>
      <PageHead
        title="Cost"
        says={
          now === null
            ? 'What this costs in a month'
            : `What this costs in a month: ${now.platform}${now.region === '' ? '' : ` in ${now.region}`}, prices of ${now.pricesAsOf} or later`
        }
      />
      {now === null || shown === null ? (
        fault.value === null ? (
          <Skeleton lines={8} label="Loading the estimate" />
        ) : (
          <ErrorFace fault={fault.value} onRetry={() => void refresh()} />
        )
      ) : (
        <div class="page">
          <Totals now={now} then={isSupposing.value && other.fault.value === null ? other.value.value : null} />
          <SupposeCard now={now} fault={other.fault.value} />
          <Card title={isSupposing.value ? 'The bill, as supposed' : 'The bill'} flush stale={isStale.value}>
            <ItemTable answer={shown} />
          </Card>
          <Card title="By route" flush>
            <RouteTable answer={shown} />
          </Card>
          <Card title="What was assumed">
            <ul class="cost-assumptions">
              {shown.assumptions.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </Card>
        </div>
      )}
    </>
  );
}

function Totals({ now, then }: { readonly now: CostAnswer; readonly then: CostAnswer | null }) {
  const shown = then ?? now;
  const { currency, deployment } = shown;
  const million = shown.perMillionRequests;
  return (
    <StatGroup label="Estimate">
      <Stat
        label="A month"
        value={money(shown.monthly, currency)}
        note={then === null ? 'as it is' : difference(now.monthly, then.monthly, currency)}
      />
      <Stat
        label="Per million requests"
        value={money(million, currency)}
        note={then === null ? 'all of it shared out' : `${money(now.perMillionRequests, currency)} as it is`}
      />
      <Stat label="Requests a month" value={short(shown.requests)} note={then === null ? 'at the pace measured' : ''} />
      <Stat
        label="Tried again"
        value={money(shown.retries.monthly, currency)}
        note={`${short(shown.retries.requests)} attempts a month`}
      />
      <Stat
        label="Tasks"
        value={deployment === null ? UNKNOWN : `${deployment.tasks} × ${deployment.vcpu} vCPU`}
        note={
          deployment === null
            ? 'own prices'
            : `${deployment.memoryGiB} GiB, ${deployment.architecture}, ${deployment.zones} zones`
        }
        text
      />
    </StatGroup>
  );
}

function difference(now: number, then: number, currency: string): string {
  const by = then - now;
  if (Math.abs(by) < 0.005) return 'the same as now';
  return `${by > 0 ? '+' : '−'}${money(Math.abs(by), currency)} to ${money(now, currency)} now`;
}
