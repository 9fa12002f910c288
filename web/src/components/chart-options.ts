/** How uPlot is to draw a chart: axes, lines, cursor and marks in the colours of the theme. */
import type uPlot from 'uplot';
import type { Mark } from '../data/marks.ts';
import type { ChartProps, ChartSeries } from './chart.tsx';

const AXIS_FONT = '11px system-ui, sans-serif';
const AXIS_WIDTH = 60;

type Colour = (name: string) => string;

/** `marks` is asked each time it draws; `onSelect` gets the stretch that was drawn with the pointer, in seconds. */
export function chartOptions(
  { series, format, height = 180, group }: ChartProps,
  place: HTMLElement,
  marks: () => readonly Mark[],
  onSelect: (from: number, to: number) => void,
): uPlot.Options {
  const colour = colourReader(place);
  const axis = {
    stroke: colour('--ink-soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font: AXIS_FONT,
  };
  return {
    width: place.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: {
      ...(group !== undefined && { sync: { key: group } }),
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
    },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, size: 28, space: 70, values: (_, splits, __, ___, every) => splits.map((at) => clockText(at, every)) },
      { ...axis, size: AXIS_WIDTH, space: 36, values: (_, splits) => splits.map((value) => format(value)) },
    ],
    series: [{}, ...series.map((one) => lineOf(one, colour))],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width > 0) onSelect(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [(plot) => drawMarks(plot, marks(), colour)],
    },
  };
}

const withSeconds = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' });
const withoutSeconds = new Intl.DateTimeFormat('en', { timeStyle: 'short', hourCycle: 'h23' });

/** `at` and `every` in seconds: labels that are less than a minute apart need theirs. */
function clockText(at: number, every: number): string {
  return (every < 60 ? withSeconds : withoutSeconds).format(at * 1000);
}

function lineOf({ label, colour, filled = false, dashed = false }: ChartSeries, read: Colour): uPlot.Series {
  const stroke = read(colour);
  return {
    label,
    stroke,
    width: 1.5,
    points: { show: false },
    spanGaps: false,
    ...(filled && { fill: transparent(stroke, 0.14) }),
    ...(dashed && { dash: [4, 4] }),
  };
}

function drawMarks(plot: uPlot, marks: readonly Mark[], colour: Colour): void {
  const { ctx, bbox } = plot;
  const { min = 0, max = 0 } = plot.scales['x'] ?? {};
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { at, tone } of marks) {
    if (at < (min ?? 0) || at > (max ?? 0)) continue;
    const x = Math.round(plot.valToPos(at, 'x', true));
    ctx.strokeStyle = ctx.fillStyle = colour(`--${tone}`);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const size = 4 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + size * 1.5);
    ctx.fill();
  }
  ctx.restore();
}

/** A canvas knows no custom properties: what they come to in this place is asked of an element there. */
function colourReader(place: HTMLElement): Colour {
  const known = new Map<string, string>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    place.style.color = `var(${name})`;
    const value = getComputedStyle(place).color;
    place.style.color = '';
    known.set(name, value);
    return value;
  };
}

function transparent(colour: string, alpha: number): string {
  return colour.replace(/^rgb\((.*)\)$/, (_, parts: string) => `rgb(${parts.replaceAll(',', ' ')} / ${alpha})`);
}
