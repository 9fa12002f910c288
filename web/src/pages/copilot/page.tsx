/** Questions about what is going on. */
import { EmptyState } from '../../components/empty-state.tsx';
import { PageHead } from '../../components/page-head.tsx';

export default function CopilotPage() {
  return (
    <>
      <PageHead title="Copilot" says="Questions about what is going on" />
      <EmptyState icon="copilot" title="Not built yet">
        The same figures are in the API: <a href="admin/docs">/admin/docs</a>.
      </EmptyState>
    </>
  );
}
