/** The way of a request. */
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHead } from '../../components/page-head.tsx';

export default function ArchitecturePage() {
  return (
    <>
      <PageHead title="Architecture" says="The way of a request" />
      <EmptyState icon="architecture" title="Not built yet">
        The same figures are in the API: <a href="admin/docs">/admin/docs</a>.
      </EmptyState>
    </>
  );
}
