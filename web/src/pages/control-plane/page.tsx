/** Pools and backends. */
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHead } from '../../components/page-head.tsx';

export default function ControlPlanePage() {
  return (
    <>
      <PageHead title="Control plane" says="Pools and backends" />
      <EmptyState icon="control" title="Not built yet">
        The same figures are in the API: <a href="admin/docs">/admin/docs</a>.
      </EmptyState>
    </>
  );
}
