/** Requests, errors and latency over time. */
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHead } from '../../components/page-head.tsx';

export default function MetricsPage() {
  return (
    <>
      <PageHead title="Metrics" says="Requests, errors and latency over time" />
      <EmptyState icon="metrics" title="Not built yet">
        The same figures are in the API: <a href="admin/docs">/admin/docs</a>.
      </EmptyState>
    </>
  );
}
