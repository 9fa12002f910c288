/**
 * A line without axes that shows how a figure has moved. It is a picture beside a figure and says nothing more to a reader
 * who cannot see it, unless it is given a label.
 */
import './sparkline.css';

export interface SparklineProps {
  /** The oldest first; null where nothing is known: the line is broken there. */
  readonly values: readonly (number | null)[];
  readonly label?: string;
  /** Fixed lower and upper end; else from zero to the largest value. */
  readonly min?: number;
  readonly max?: number;
  /** How many values the whole width stands for; fewer begin at the right. */
  readonly length?: number;
}

const WIDTH = 100;
const HEIGHT = 24;

export function Sparkline({ values, label, min = 0, max, length = values.length }: SparklineProps) {
  const highest = max ?? Math.max(min, ...values.filter((value) => value !== null));
  const line = pathOf(values, min, highest === min ? min + 1 : highest, Math.max(length, 2));
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role={label === undefined ? undefined : 'img'}
      aria-label={label}
      aria-hidden={label === undefined ? 'true' : undefined}
    >
      <path d={line} vector-effect="non-scaling-stroke" />
    </svg>
  );
}

function pathOf(values: readonly (number | null)[], min: number, max: number, length: number): string {
  const step = WIDTH / (length - 1);
  const first = length - values.length;
  let path = '';
  let drawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const x = ((first + index) * step).toFixed(1);
    const y = (HEIGHT - 1 - ((value - min) / (max - min)) * (HEIGHT - 2)).toFixed(1);
    path += `${drawing ? 'L' : 'M'}${x} ${y}`;
    drawing = true;
  });
  return path;
}
