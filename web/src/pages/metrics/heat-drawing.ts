/** Where the cells of the heat map lie, and how they are painted. Its left and right ends are those of the other charts. */
import type { HistoryAnswer } from '#contract/history.ts';
import { millis } from '../../format/figures.ts';

const LEFT = 60;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;
/** Pixels between two labels. */
const LABEL_ROOM = 28;
const LABEL_ROOM_X = 64;
const LONGEST_S = 14_400;
const LABELS_APART_S = [60, 120, 300, 600, 1800, 3600, 7200, LONGEST_S];
/** The faintest cell that has anything, and the steps of shade above it. */
const FAINTEST = 0.14;

export interface HeatCell {
  /** Seconds since 1970. */
  readonly atS: number;
  readonly requests: number;
  readonly fromMs: number;
  readonly toMs: number | null;
}

interface Grid {
  readonly fromS: number;
  readonly steps: number;
  readonly columnWidth: number;
  readonly rowHeight: number;
}

/** Empty rows between buckets that have something are there too: they say that nothing took so long. */
function rowsOf({
  latency,
}: HistoryAnswer): { fromMs: number; toMs: number | null; counts: readonly number[] | null }[] {
  const rows: { fromMs: number; toMs: number | null; counts: readonly number[] | null }[] = [];
  for (const bucket of latency) {
    let last = rows.at(-1);
    while (last !== undefined && last.toMs !== null && last.toMs < bucket.fromMs * 0.99) {
      rows.push({ fromMs: last.toMs, toMs: Math.min(last.toMs * 2 ** 0.25, bucket.fromMs), counts: null });
      last = rows.at(-1);
    }
    rows.push(bucket);
  }
  return rows;
}

function gridOf({ from, to, step }: HistoryAnswer, rows: number, width: number, height: number): Grid {
  const fromS = Date.parse(from) / 1000;
  const steps = Math.max(1, Math.round((Date.parse(to) / 1000 - fromS) / step));
  return {
    fromS,
    steps,
    columnWidth: (width - LEFT - RIGHT) / steps,
    rowHeight: (height - TOP - BOTTOM) / Math.max(1, rows),
  };
}

/** `width` and `height` in CSS pixels. */
export function drawHeat(canvas: HTMLCanvasElement, answer: HistoryAnswer, width: number, height: number): void {
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.scale(scale, scale);
  const rows = rowsOf(answer);
  const grid = gridOf(answer, rows.length, width, height);
  const colour = (name: string): string => getComputedStyle(canvas).getPropertyValue(name).trim();
  canvas.style.color = 'var(--series-1)';
  const ink = getComputedStyle(canvas).color;
  canvas.style.color = 'var(--ink-soft)';
  const soft = getComputedStyle(canvas).color;
  paintCells(context, answer, rows, grid, ink);
  context.fillStyle = soft;
  context.font = `11px ${colour('--font') || 'sans-serif'}`;
  labelRows(context, rows, grid);
  labelColumns(context, grid, answer.step, height);
}

function paintCells(
  context: CanvasRenderingContext2D,
  { at, step }: HistoryAnswer,
  rows: ReturnType<typeof rowsOf>,
  { fromS, columnWidth, rowHeight }: Grid,
  ink: string,
): void {
  const most = rows.reduce((max, { counts }) => (counts ?? []).reduce((high, value) => Math.max(high, value), max), 1);
  context.fillStyle = ink;
  rows.forEach(({ counts }, row) => {
    if (counts === null) return;
    const y = TOP + (rows.length - 1 - row) * rowHeight;
    counts.forEach((requests, index) => {
      if (requests === 0) return;
      context.globalAlpha = FAINTEST + (1 - FAINTEST) * Math.sqrt(requests / most);
      const x = LEFT + ((at[index]! - fromS) / step) * columnWidth;
      context.fillRect(x, y, columnWidth + 0.3, rowHeight + 0.3);
    });
  });
  context.globalAlpha = 1;
}

function labelRows(context: CanvasRenderingContext2D, rows: ReturnType<typeof rowsOf>, { rowHeight }: Grid): void {
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  let free = Infinity;
  rows.forEach(({ fromMs }, row) => {
    const y = TOP + (rows.length - row) * rowHeight;
    if (free - y < LABEL_ROOM && row > 0) return;
    context.fillText(millis(fromMs), LEFT - 8, y);
    free = y;
  });
}

const clock = new Intl.DateTimeFormat('en', { timeStyle: 'short', hourCycle: 'h23' });

/** At full minutes or hours, as far apart as there is room for. */
function labelColumns(context: CanvasRenderingContext2D, grid: Grid, stepS: number, height: number): void {
  const { fromS, steps, columnWidth } = grid;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  const toS = fromS + steps * stepS;
  const roomS = (LABEL_ROOM_X * stepS) / columnWidth;
  const apartS = LABELS_APART_S.find((seconds) => seconds >= roomS) ?? LONGEST_S;
  for (let atS = Math.ceil(fromS / apartS) * apartS; atS < toS; atS += apartS)
    context.fillText(clock.format(atS * 1000), LEFT + ((atS - fromS) / stepS) * columnWidth, height - 6);
}

/** What is at a place of the canvas, in CSS pixels; null: nothing is. */
export function cellAt(answer: HistoryAnswer, x: number, y: number, width: number, height: number): HeatCell | null {
  const rows = rowsOf(answer);
  const { fromS, steps, columnWidth, rowHeight } = gridOf(answer, rows.length, width, height);
  const step = Math.floor((x - LEFT) / columnWidth);
  const row = rows[rows.length - 1 - Math.floor((y - TOP) / rowHeight)];
  if (row === undefined || step < 0 || step >= steps) return null;
  const atS = fromS + step * answer.step;
  const index = answer.at.indexOf(atS);
  return { atS, requests: row.counts?.[index] ?? 0, fromMs: row.fromMs, toMs: row.toMs };
}
