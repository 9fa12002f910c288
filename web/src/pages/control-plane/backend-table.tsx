/** All backends of all pools in one table, with search, filters and what is done to those that are ticked. */
import { useMemo } from 'preact/hooks';
import { Card } from '../../components/card.tsx';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Table } from '../../components/table.tsx';
import { backends } from '../../data/resources.ts';
import { isOperator } from '../../data/session.ts';
import { columnsFor } from './backend-columns.tsx';
import { backendRows } from './backend-rows.ts';
import { screenRoom } from './screen-room.ts';
import { SelectionBar } from './selection-bar.tsx';
import { TableToolbar } from './table-toolbar.tsx';
import {
  isFiltered,
  openBackend,
  opened,
  openedKey,
  order,
  poolChoice,
  setOrder,
  showAll,
  shownRows,
} from './table-view.ts';
import './backend-table.css';

export function BackendTable() {
  const acts = isOperator.value;
  const pools = backends.value.value?.pools.length ?? 0;
  const onePool = pools < 2 || poolChoice.value.value !== '';
  const open = opened.value !== null;
  const room = open && screenRoom.value === 'wide' ? 'medium' : screenRoom.value;
  const columns = useMemo(() => columnsFor({ acts, onePool, room, open }), [acts, onePool, room, open]);
  return (
    <div class={acts && !open ? 'backend-table backend-table-acts' : 'backend-table'}>
      <Card title="Backends" flush stale={backends.isStale.value} actions={<TableToolbar />}>
        {acts && <SelectionBar />}
        <Table
          label="Backends"
          columns={columns}
          rows={shownRows.value}
          rowKey={({ key }) => key}
          order={order.value}
          onOrder={setOrder}
          onOpen={({ key }) => openBackend(key)}
          isChosen={({ key }) => key === openedKey.value}
          empty={<Nothing />}
        />
        <p class="backend-foot">
          <span>Share, p50 and p99: since the start. Req/s: the past 5 s. Errors: attempts of the past 10 s.</span>
          <span>
            <kbd>/</kbd> finds, <kbd>?</kbd> lists all keys
          </span>
        </p>
      </Card>
    </div>
  );
}

function Nothing() {
  if (isFiltered.value && backendRows.value.length > 0) {
    return (
      <EmptyState icon="search" title="No backend is like that">
        <Button size="small" onClick={showAll}>
          Show all {backendRows.value.length}
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="control" title="There are no backends">
      A pool gets them from its configuration, from discovery, or here, with “Add a backend”.
    </EmptyState>
  );
}
