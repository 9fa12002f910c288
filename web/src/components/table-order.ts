/** How a table's rows are ordered, apart from how they are drawn. */

/** Null and undefined are not known, and come last whichever way the rest goes. */
export type Sortable = string | number | null | undefined;

export interface Order {
  /** Key of a column. */
  readonly by: string;
  readonly descending: boolean;
}

const words = new Intl.Collator('en', { numeric: true });

/** A new array. Rows that are equal stay in the order in which they were given. */
export function ordered<Row>(rows: readonly Row[], value: (row: Row) => Sortable, descending: boolean): Row[] {
  return rows.toSorted((a, b) => {
    const [left, right] = [value(a) ?? null, value(b) ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const way =
      typeof left === 'number' && typeof right === 'number' ? left - right : words.compare(String(left), String(right));
    return descending ? -way : way;
  });
}

/** As it stands in an address: `p99` ascending, `-p99` descending. */
export function readOrder(text: string): Order | null {
  if (text === '') return null;
  return text.startsWith('-') ? { by: text.slice(1), descending: true } : { by: text, descending: false };
}

export function writeOrder({ by, descending }: Order): string {
  return descending ? `-${by}` : by;
}
