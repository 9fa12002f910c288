/** One row of a table. It is drawn anew when it is another row, or stands elsewhere, and not because its neighbours are. */
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { Column } from './table.tsx';

export interface TableRowProps<Row> {
  readonly row: Row;
  readonly rowKey: string;
  readonly columns: readonly Column<Row>[];
  /** Among all rows, from 0. */
  readonly index: number;
  /** The one that the keyboard is at. */
  readonly isCurrent: boolean;
  /** Undefined: rows are not chosen here. */
  readonly isChosen: boolean | undefined;
  readonly canOpen: boolean;
  readonly acts: RowActs<Row>;
}

/** The same object for as long as the table is there: what it holds may change. */
export interface RowActs<Row> {
  focused: (index: number) => void;
  open: (row: Row) => void;
}

export function TableRow<Row>(props: TableRowProps<Row>) {
  const { row, rowKey, columns, index, isCurrent, isChosen, canOpen, acts } = props;
  return (
    <tr
      aria-rowindex={index + 2}
      data-key={rowKey}
      aria-selected={isChosen === undefined ? undefined : isChosen ? 'true' : 'false'}
      class={canOpen ? 'table-open' : ''}
      tabIndex={isCurrent ? 0 : -1}
      onFocus={() => acts.focused(index)}
      onClick={canOpen ? (event) => isOwnPress(event) && acts.open(row) : undefined}
    >
      {columns.map(({ key, cell, align, minor = false }) => (
        <td key={key} class={`${align === 'right' ? 'number' : ''} ${minor ? 'table-minor' : ''}`}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
}

type Drawn<Row> = VNode<TableRowProps<Row>>;

/**
 * Gives rows as they were drawn before where nothing about them differs: Preact leaves such a row alone. It holds those of the
 * latest drawing only.
 */
export function useDrawnRows<Row>(): (wanted: readonly TableRowProps<Row>[]) => readonly Drawn<Row>[] {
  const drawn = useRef(new Map<string, Drawn<Row>>());
  return (wanted) => {
    const next = new Map<string, Drawn<Row>>();
    for (const props of wanted) {
      const before = drawn.current.get(props.rowKey);
      const same = before !== undefined && isSame(before.props, props);
      next.set(props.rowKey, same ? before : <TableRow key={props.rowKey} {...props} />);
    }
    drawn.current = next;
    return [...next.values()];
  };
}

function isSame<Row>(one: TableRowProps<Row>, other: TableRowProps<Row>): boolean {
  return (Object.keys(other) as (keyof TableRowProps<Row>)[]).every((name) => one[name] === other[name]);
}

/** Not one on a button or a link within the row. */
function isOwnPress(event: Event): boolean {
  return !(event.target instanceof Element && event.target.closest('a, button, input, select, label') !== null);
}
