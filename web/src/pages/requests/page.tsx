/** Recorded requests: the slowest, the failed, the tried again; each as a waterfall, with why it went where it went. */
import { REQUEST_LISTS } from '#contract/requests.ts';
import { Card } from '../../components/card.tsx';
import { ErrorFace } from '../../components/error-face.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useResource } from '../../data/resource.ts';
import { FilterBar } from './filter-bar.tsx';
import { RecordingHint } from './recording-hint.tsx';
import { RequestDetails } from './request-details.tsx';
import { list, openId, requests } from './request-filters.ts';
import { RequestTable } from './request-table.tsx';
import { LIST_TITLES } from './request-words.ts';
import './page.css';

const TABS = REQUEST_LISTS.map((value) => ({ value, label: LIST_TITLES[value] }));

export default function RequestsPage() {
  const { value, fault, isStale, refresh } = useResource(requests);
  const answer = value.value;
  const id = openId.value.value;
  return (
    <>
      <PageHead title="Requests" says="What single requests waited for, and why they went where they went" />
      <div class="page">
        {id !== '' && <RequestDetails id={id} />}
        <Tabs label="Which requests" tabs={TABS} value={list.value.value} onChange={list.set}>
          <Card title={`${LIST_TITLES[list.value.value]} requests`} flush stale={isStale.value} actions={<FilterBar />}>
            {answer !== null ? (
              <RequestTable answer={answer} />
            ) : fault.value === null ? (
              <Skeleton lines={8} label="Loading the requests" />
            ) : (
              <ErrorFace fault={fault.value} onRetry={() => void refresh()} />
            )}
          </Card>
          {answer !== null && fault.value !== null && <ErrorFace fault={fault.value} small />}
        </Tabs>
        <RecordingHint sample={answer?.sample} />
      </div>
    </>
  );
}
