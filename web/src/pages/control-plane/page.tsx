/** Pools and backends: how each is, why, and what an operator can do about it. */
import { useShortcuts } from '../../app/shortcuts.ts';
import { ErrorFace } from '../../components/error-face.tsx';
import { PageHead } from '../../components/page-head.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { backends } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { isOperator } from '../../data/session.ts';
import { Attention } from './attention.tsx';
import { BackendPanel } from './backend-panel.tsx';
import { useBackendRows } from './backend-rows.ts';
import { BackendTable } from './backend-table.tsx';
import { ChangeDialogs } from './change-dialogs.tsx';
import { LastChange } from './last-change.tsx';
import { OPERATOR_KEYS, VIEWER_KEYS } from './page-keys.ts';
import { PoolList } from './pool-list.tsx';
import { RowMenu } from './row-menu.tsx';
import { SignInHint } from './sign-in-hint.tsx';
import { opened } from './table-view.ts';
import './page.css';

export default function ControlPlanePage() {
  const { value, fault } = useResource(backends);
  useBackendRows();
  useShortcuts(isOperator.value ? OPERATOR_KEYS : VIEWER_KEYS);
  const wrong = fault.value;
  return (
    <>
      <PageHead title="Control plane" says="Which backends serve, why the others do not, and what to do about it">
        <SignInHint />
      </PageHead>
      {value.value === null ? (
        wrong === null ? (
          <Skeleton lines={8} label="Loading the backends" />
        ) : (
          <ErrorFace fault={wrong} onRetry={() => void backends.refresh()} />
        )
      ) : (
        <div class="page">
          {wrong !== null && <ErrorFace fault={wrong} small />}
          <Attention />
          <PoolList />
          <div class={opened.value === null ? 'control-plane' : 'control-plane control-plane-open'}>
            <BackendTable />
            <BackendPanel />
          </div>
          <LastChange />
        </div>
      )}
      <ChangeDialogs />
      <RowMenu />
    </>
  );
}
