/**
 * A dense table. Heads sort; the arrow keys move from row to row, Enter opens the one that they are at. A long one scrolls in
 * itself and draws only what is in sight, so that thousands of rows cost as much as dozens.
 */
import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { ordered, type Order, type Sortable } from './table-order.ts';
import { TableHead } from './table-head.tsx';
import { useDrawnRows, type RowActs } from './table-row.tsx';
import { useRowWindow, WHOLE_MAX } from './table-window.ts';
import './table.css';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** The title is said, not shown: of ticks and buttons. */
  readonly quietTitle?: boolean;
  /** What it is sorted by; left out: it is not sorted. */
  readonly sortBy?: (row: Row) => Sortable;
  /** Figures stand at the right, so that their digits do. */
  readonly align?: 'left' | 'right';
  /** CSS width. In a long table columns keep theirs, whatever rows are in sight. */
  readonly width?: string;
  /** Left out on narrow screens. */
  readonly minor?: boolean;
}

export interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Shown in place of rows when there are none. */
  readonly empty?: ComponentChildren;
  /** A press on a row, or Enter. */
  readonly onOpen?: (row: Row) => void;
  readonly isChosen?: (row: Row) => boolean;
  /** Kept by whoever shows the table (in the address, say); left out: the table keeps it. */
  readonly order?: Order | null;
  readonly onOrder?: (order: Order) => void;
  readonly firstOrder?: Order;
  /** Pixels. */
  readonly rowHeight?: number;
}

const ROW_HEIGHT = 36;

export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, empty, onOpen, isChosen, rowHeight = ROW_HEIGHT } = props;
  const [own, setOwn] = useState<Order | null>(props.firstOrder ?? null);
  const order = props.order === undefined ? own : props.order;
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);

  const sortBy = columns.find(({ key }) => key === order?.by)?.sortBy;
  const sorted = useMemo(
    () => (sortBy === undefined ? rows : ordered(rows, sortBy, order?.descending ?? false)),
    [rows, order?.by, order?.descending],
  );
  const { from, to } = useRowWindow(scroller, sorted.length, rowHeight);
  const long = sorted.length > WHOLE_MAX;
  const current = Math.min(at, Math.max(0, sorted.length - 1));
  const drawn = useDrawnRows<Row>();
  const acts = useRef<RowActs<Row>>({ focused: setAt, open: () => {} }).current;
  acts.open = (row) => onOpen?.(row);

  const goTo = (index: number): void => {
    const wanted = Math.max(0, Math.min(sorted.length - 1, index));
    setAt(wanted);
    const element = scroller.current;
    if (element !== null && long) keepInSight(element, wanted * rowHeight, rowHeight);
    const row = (): HTMLElement | null | undefined =>
      element?.querySelector<HTMLElement>(`[aria-rowindex="${wanted + 2}"]`);
    // At once where it is drawn already, so that the next key finds it; else when it has been.
    if (row()) row()?.focus();
    else requestAnimationFrame(() => row()?.focus());
  };
  const press = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    if (!(event.target instanceof HTMLTableRowElement)) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -sorted.length,
      End: sorted.length,
    };
    const step = steps[event.key];
    const row = sorted[current];
    if (step !== undefined) goTo(current + step);
    else if (event.key === 'Enter' && row !== undefined && onOpen !== undefined) onOpen(row);
    else return;
    event.preventDefault();
  };

  return (
    <div class={long ? 'table-frame table-long' : 'table-frame'} ref={scroller} tabIndex={sorted.length === 0 ? 0 : -1}>
      <table class="table" aria-label={label} aria-rowcount={sorted.length + 1}>
        <TableHead columns={columns} order={order} onOrder={props.onOrder ?? setOwn} />
        <tbody onKeyDown={press}>
          {from > 0 && <Gap height={from * rowHeight} columns={columns.length} />}
          {drawn(
            sorted.slice(from, to).map((row, offset) => ({
              row,
              rowKey: rowKey(row),
              columns,
              index: from + offset,
              isCurrent: from + offset === current,
              isChosen: isChosen?.(row),
              canOpen: onOpen !== undefined,
              acts,
            })),
          )}
          {to < sorted.length && <Gap height={(sorted.length - to) * rowHeight} columns={columns.length} />}
        </tbody>
      </table>
      {sorted.length === 0 && empty}
    </div>
  );
}

/** Rows that are not drawn, as room. */
function Gap({ height, columns }: { readonly height: number; readonly columns: number }) {
  return (
    <tr aria-hidden="true" class="table-gap">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}

function keepInSight(element: HTMLElement, top: number, height: number): void {
  const head = element.querySelector('thead')?.clientHeight ?? 0;
  if (top < element.scrollTop) element.scrollTop = top;
  const below = top + height + head - element.clientHeight;
  if (below > element.scrollTop) element.scrollTop = below;
}
