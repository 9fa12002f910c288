/** The table of `top`: a line for each pool and each backend, and what fits of it. */
import type { PoolEntry, ProbeEntry } from '#contract/admin.ts';
import { harmless, widthOf } from '../harmless.ts';
import { msText, rateText } from './figures.ts';
import { CIRCUITS, fit, lineOf, STATES, type Span } from './paint.ts';
import { keyOf, type BackendRow, type View } from './view.ts';

interface Column {
  readonly head: string;
  readonly width: number;
  readonly right: boolean;
  readonly cell: (row: BackendRow) => Span;
}

const NAME_WIDTH_MIN = 8;
const NAME_WIDTH_MAX = 40;
/** A last probe is told where there is room for something of it. */
const PROBE_WIDTH_MIN = 7;
const PROBE_WIDTH_MAX = 40;

const number = (head: string, width: number, text: (row: BackendRow) => string): Column => ({
  head,
  width,
  right: true,
  cell: (row) => ({ text: text(row), style: 'plain' }),
});

const COLUMNS: readonly Column[] = [
  {
    head: 'STATE',
    width: 13,
    right: false,
    cell: ({ backend }) => {
      const { shape, style } = STATES[backend.state] ?? STATES.unknown;
      return { text: `${shape} ${backend.state}`, style };
    },
  },
  {
    head: 'CIRC',
    width: 6,
    right: false,
    cell: ({ backend }) => CIRCUITS[backend.circuit] ?? { text: backend.circuit, style: 'plain' },
  },
  number('WT', 5, ({ backend: { weight, effectiveWeight } }) =>
    effectiveWeight < weight ? `${shortNumber(effectiveWeight)}↗` : shortNumber(weight),
  ),
  number('IN', 4, ({ backend }) => shortNumber(backend.inFlight)),
  number('RATE', 6, ({ rate }) => (rate === null ? '-' : rateText(rate))),
  number('SHARE', 5, ({ backend }) => `${(backend.share * 100).toFixed(0)}%`),
  number('P50', 7, ({ backend }) => msText(backend.latencyMs.p50)),
  number('P99', 7, ({ backend }) => msText(backend.latencyMs.p99)),
];

const FIXED_WIDTH = COLUMNS.reduce((sum, { width }) => sum + width + 1, 0);

/** At most `rows` lines, the selected one among them. */
export function tableLines(
  { pools }: View,
  selected: BackendRow | null,
  columns: number,
  rows: number,
  colour: boolean,
): string[] {
  const all = pools.flatMap(({ rows: entries }) => entries);
  const longest = Math.max(NAME_WIDTH_MIN, ...all.map(({ backend }) => widthOf(harmless(backend.id))));
  const spare = columns - FIXED_WIDTH - 2;
  const nameWidth = Math.min(longest, NAME_WIDTH_MAX, Math.max(NAME_WIDTH_MIN, spare - PROBE_WIDTH_MIN - 1));
  const probeWidth = Math.min(PROBE_WIDTH_MAX, spare - nameWidth - 1);
  const widths = { nameWidth, probeWidth: probeWidth < PROBE_WIDTH_MIN ? 0 : probeWidth };
  const head = lineOf([{ text: headText(widths), style: 'dim' }], columns, colour);
  const lines: string[] = [];
  let at = 0;
  for (const { pool, rows: entries } of pools) {
    lines.push(lineOf(poolSpans(pool), columns, colour));
    for (const row of entries) {
      const here = selected !== null && keyOf(row.pool, row.backend.id) === keyOf(selected.pool, selected.backend.id);
      if (here) at = lines.length;
      lines.push(lineOf(rowSpans(row, here, widths), columns, colour, here));
    }
  }
  if (pools.length === 0) lines.push('There are no pools.');
  return [head, ...around(lines, at, rows - 1)];
}

/** A window of the lines that holds the one at `at`. */
function around(lines: readonly string[], at: number, rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  if (rows <= 0) return [];
  const first = Math.max(0, Math.min(at - Math.floor(rows / 2), lines.length - rows));
  return lines.slice(first, first + rows);
}

interface Widths {
  readonly nameWidth: number;
  readonly probeWidth: number;
}

function headText({ nameWidth, probeWidth }: Widths): string {
  const cells = COLUMNS.map(({ head, width, right }) => fit(head, width, right));
  return ['  ' + fit('BACKEND', nameWidth), ...cells, ...(probeWidth > 0 ? ['PROBE'] : [])].join(' ');
}

function poolSpans({ name, strategy, panic }: PoolEntry): Span[] {
  return [
    { text: harmless(name), style: 'bold' },
    { text: `  ${harmless(strategy)}`, style: 'dim' },
    ...(panic ? [{ text: '  PANIC: too few are eligible, so circuits do not count', style: 'red' } as const] : []),
  ];
}

function rowSpans(row: BackendRow, here: boolean, { nameWidth, probeWidth }: Widths): Span[] {
  const spans: Span[] = [{ text: `${here ? '▸ ' : '  '}${fit(row.backend.id, nameWidth)}`, style: 'plain' }];
  for (const { width, right, cell } of COLUMNS) {
    const { text, style } = cell(row);
    spans.push({ text: ' ', style: 'plain' }, { text: fit(text, width, right), style });
  }
  if (probeWidth > 0) spans.push({ text: ' ', style: 'plain' }, probeSpan(row.backend.lastProbe, probeWidth));
  return spans;
}

function probeSpan(probe: ProbeEntry | null, width: number): Span {
  if (probe === null) return { text: fit('-', width), style: 'dim' };
  // What an HTTP probe says begins with a word that its number does not need.
  const detail = probe.detail.replace(/^status (?=\d)/, '');
  return probe.ok
    ? { text: fit(`✓ ${msText(probe.ms)}`, width), style: 'dim' }
    : { text: fit(`✗ ${detail}`, width), style: 'red' };
}

/** At most four characters. */
function shortNumber(value: number): string {
  if (value >= 1e6) return `${Math.round(value / 1e6)}M`;
  if (value >= 10_000) return `${Math.round(value / 1000)}k`;
  return Number.isInteger(value) ? String(value) : value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
