/** Revisions, differences and edits. */
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHead } from '../../components/page-head.tsx';

export default function ConfigurationPage() {
  return (
    <>
      <PageHead title="Configuration" says="Revisions, differences and edits" />
      <EmptyState icon="configuration" title="Not built yet">
        The same figures are in the API: <a href="admin/docs">/admin/docs</a>.
      </EmptyState>
    </>
  );
}
