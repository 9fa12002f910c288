/**
 * How long requests took, over time: a row for each bucket of the history, darker where more fell. What a line of a
 * percentile hides (two humps, a few very slow ones) is seen here. Drawn on a canvas in one pass; whoever cannot see it has
 * the percentiles beside it.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { HistoryAnswer } from '#contract/history.ts';
import { theme } from '../../app/theme.ts';
import { showBetween } from '../../data/time-range.ts';
import { count, millis } from '../../format/figures.ts';
import { moment } from '../../format/times.ts';
import { cellAt, drawHeat, type HeatCell } from './heat-drawing.ts';
import './heat-map.css';

const HEIGHT = 200;

export function HeatMap({ answer }: { readonly answer: HistoryAnswer }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dragFrom = useRef<number | null>(null);
  const [width, setWidth] = useState(0);
  const [cell, setCell] = useState<HeatCell | null>(null);

  useEffect(() => {
    const place = canvas.current?.parentElement;
    if (place === null || place === undefined) return;
    const observer = new ResizeObserver(() => setWidth(place.clientWidth));
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current !== null && width > 0) drawHeat(canvas.current, answer, width, HEIGHT);
  }, [answer, width, theme.value]);

  const cellOf = (event: PointerEvent): HeatCell | null => {
    const box = canvas.current?.getBoundingClientRect();
    return box === undefined ? null : cellAt(answer, event.clientX - box.left, event.clientY - box.top, width, HEIGHT);
  };
  const drop = (event: PointerEvent): void => {
    const [from, to] = [dragFrom.current, cellOf(event)?.atS ?? null];
    dragFrom.current = null;
    if (from !== null && to !== null && from !== to) showBetween(Math.min(from, to), Math.max(from, to) + answer.step);
  };

  return (
    <figure class="heat-map">
      <canvas
        ref={canvas}
        aria-hidden="true"
        onPointerMove={(event) => setCell(cellOf(event))}
        onPointerLeave={() => setCell(null)}
        onPointerDown={(event) => (dragFrom.current = cellOf(event)?.atS ?? null)}
        onPointerUp={drop}
      />
      <figcaption class="soft">
        {cell === null
          ? 'Each column is a step of time, each row a latency; darker is more requests.'
          : `${moment(cell.atS * 1000)}: ${count(cell.requests)} took ${millis(cell.fromMs)} to ${cell.toMs === null ? 'any time' : millis(cell.toMs)}`}
      </figcaption>
    </figure>
  );
}
