/** `npm run capacity`: the table of docs/scaling.md, made anew; `--write` puts it there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capacityTable } from './capacity-table.ts';

export const DOCUMENT: string = join(import.meta.dirname, '../../docs/scaling.md');
const [BEGIN, END] = ['<!-- capacity: begin -->', '<!-- capacity: end -->'];

/** The document with its table made anew. */
export function renewed(document: string): string {
  const [before, rest = ''] = document.split(BEGIN);
  const [, after = ''] = rest.split(END);
  return `${before}${BEGIN}\n\n${capacityTable()}\n\n${END}${after}`;
}

if (import.meta.main) {
  console.log(capacityTable());
  if (process.argv.includes('--write')) writeFileSync(DOCUMENT, renewed(readFileSync(DOCUMENT, 'utf8')));
}
