/** Slowest and failed requests. */
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHead } from '../../components/page-head.tsx';

export default function RequestsPage() {
  return (
    <>
      <PageHead title="Requests" says="Slowest and failed requests" />
      <EmptyState icon="requests" title="Not built yet">
        The same figures are in the API: <a href="admin/docs">/admin/docs</a>.
      </EmptyState>
    </>
  );
}
