/** What EdgeBalancer shows at a glance: is it well, how fast is it, what does it do, and where to look closer. */
import { ErrorFace } from '../../components/error-face.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { overview } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { span } from '../../format/times.ts';
import { UNKNOWN } from '../../format/figures.ts';
import { Drift } from './drift.tsx';
import { Glance } from './glance.tsx';
import { Replicas } from './replicas.tsx';
import { Setup } from './setup.tsx';
import { TrafficGraph } from './traffic-graph.tsx';
import { WaysOn } from './ways-on.tsx';

export default function OverviewPage() {
  const { value, fault } = useResource(overview);
  const known = value.value;
  if (known === null && fault.value !== null)
    return <ErrorFace fault={fault.value} onRetry={() => void overview.refresh()} />;
  const says =
    known === null ? UNKNOWN : `Version ${known.version}, up ${span(known.uptime)}, configuration ${known.revision}`;
  return (
    <>
      <PageHead title="Overview" says={says}>
        <WaysOn />
      </PageHead>
      <div class="page">
        {known !== null && <Drift drift={known.drift} />}
        <Glance />
        <TrafficGraph />
        <Setup />
        <Replicas />
      </div>
    </>
  );
}
