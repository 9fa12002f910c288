/**
 * A chart over time, drawn by uPlot. It takes its size from where it stands and its colours from the theme; cursors of charts
 * with the same `group` move together; a stretch drawn with the pointer becomes the time that all of them show. What it draws
 * is a picture: whoever cannot see it is told its label and the latest values.
 */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { theme } from '../app/theme.ts';
import type { Mark } from '../data/marks.ts';
import { showBetween } from '../data/time-range.ts';
import { UNKNOWN } from '../format/figures.ts';
import { chartOptions } from './chart-options.ts';
import 'uplot/dist/uPlot.min.css';
import './chart.css';

export interface ChartSeries {
  readonly label: string;
  /** One for each moment; null where nothing is known: the line is broken there. */
  readonly values: readonly (number | null)[];
  /** A custom property, `--series-1` … `--series-6` or a tone such as `--bad`. */
  readonly colour: string;
  /** Coloured below the line. */
  readonly filled?: boolean;
  readonly dashed?: boolean;
}

export interface ChartProps {
  readonly label: string;
  /** Seconds since 1970, ascending. */
  readonly at: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number | null) => string;
  readonly marks?: readonly Mark[];
  /** Pixels. */
  readonly height?: number;
  readonly group?: string;
}

const HEIGHT = 180;

export function Chart(props: ChartProps) {
  const { label, at, series, marks = [], height = HEIGHT } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  /** What the plot draws by itself, between renders. */
  const shown = useRef(marks);
  shown.current = marks;
  const looks = [theme.value, height, props.group, ...series.map((one) => `${one.label} ${one.colour}`)].join('|');

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const options = chartOptions(props, element, () => shown.current, showBetween);
    const made = (plot.current = new uPlot(options, dataOf(at, series), element));
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [looks]);
  useEffect(() => plot.current?.setData(dataOf(at, series)), [at, series]);
  useEffect(() => plot.current?.redraw(false), [marks]);

  return (
    <figure class="chart">
      <div ref={place} class="chart-plot" aria-hidden="true" style={{ height: `${height}px` }} />
      <figcaption class="chart-legend">
        <span class="unseen">{label}: </span>
        {series.map((one) => (
          <span key={one.label} class="chart-key">
            <span class="chart-swatch" style={{ background: `var(${one.colour})` }} aria-hidden="true" />
            {one.label} <output>{lastOf(one, props.format)}</output>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function dataOf(at: readonly number[], series: readonly ChartSeries[]): uPlot.AlignedData {
  return [[...at], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
}

function lastOf({ values }: ChartSeries, format: ChartProps['format']): string {
  const last = values.at(-1) ?? values.at(-2) ?? null;
  return last === null ? UNKNOWN : format(last);
}
