/** Plain tables for terminals: columns as wide as what they hold, two spaces between. */
import { stripVTControlCharacters } from 'node:util';

/** `right` names the columns that hold numbers. Cells may be coloured. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], right: readonly number[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
  return lines
    .map((line) => {
      const cells = line.map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - width(cell));
        return right.includes(column) ? space + cell : cell + space;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
