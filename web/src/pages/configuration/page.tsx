/** The configuration: the document in force and an editor for it, its revisions, and who did what. */
import { PageHead } from '../../components/page-head.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { overview } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { count } from '../../format/figures.ts';
import { queryValue } from '../../routing/query-value.ts';
import { AuditTab } from './audit-tab.tsx';
import { DocumentTab } from './document-tab.tsx';
import { FileDrift } from './file-drift.tsx';
import { RevisionsTab } from './revisions-tab.tsx';
import './configuration.css';

const VIEWS = ['document', 'revisions', 'audit'] as const;
type View = (typeof VIEWS)[number];
const TABS = [
  { value: 'document', label: 'Document' },
  { value: 'revisions', label: 'Revisions' },
  { value: 'audit', label: 'Audit' },
] as const;

const view = queryValue<View>('view', 'document', VIEWS);

export default function ConfigurationPage() {
  const revision = useResource(overview).value.value?.revision;
  return (
    <>
      <PageHead title="Configuration" says={`Revision ${count(revision)} is in force`} />
      <div class="page">
        <FileDrift />
        <Tabs<View> label="Views of the configuration" tabs={TABS} value={view.value.value} onChange={view.set}>
          {view.value.value === 'document' && <DocumentTab />}
          {view.value.value === 'revisions' && <RevisionsTab />}
          {view.value.value === 'audit' && <AuditTab />}
        </Tabs>
      </div>
    </>
  );
}
