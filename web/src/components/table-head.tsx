/** The heads of a table's columns, which sort it. */
import { Icon } from './icon.tsx';
import type { Order } from './table-order.ts';
import type { Column } from './table.tsx';

export interface TableHeadProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly order: Order | null;
  readonly onOrder: (order: Order) => void;
}

export function TableHead<Row>({ columns, order, onOrder }: TableHeadProps<Row>) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map((column) => {
          const { key, title, align, width, sortBy, minor = false, quietTitle = false } = column;
          const mine = order?.by === key ? order : null;
          const classes = `${align === 'right' ? 'number' : ''} ${minor ? 'table-minor' : ''}`;
          return (
            <th
              key={key}
              scope="col"
              class={classes}
              style={width === undefined ? {} : { width }}
              aria-sort={mine === null ? undefined : mine.descending ? 'descending' : 'ascending'}
            >
              {sortBy === undefined ? (
                <span class={quietTitle ? 'unseen' : ''}>{title}</span>
              ) : (
                <button type="button" class="table-sort" onClick={() => onOrder(next(column, mine))}>
                  {title}
                  {mine !== null && <Icon name={mine.descending ? 'down' : 'up'} size={12} />}
                </button>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

/** Figures are looked at from the largest, names from A. */
function next<Row>({ key, align }: Column<Row>, mine: Order | null): Order {
  return { by: key, descending: mine === null ? align === 'right' : !mine.descending };
}
