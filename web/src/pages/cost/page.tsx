/** What this costs in a month. */
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHead } from '../../components/page-head.tsx';

export default function CostPage() {
  return (
    <>
      <PageHead title="Cost" says="What this costs in a month" />
      <EmptyState icon="cost" title="Not built yet">
        The same figures are in the API: <a href="admin/docs">/admin/docs</a>.
      </EmptyState>
    </>
  );
}
