/** What the simulator predicts for a change: latency, errors and the busiest backend, now and then. */
import { useEffect, useState } from 'preact/hooks';
import type { Estimate, PredictedFigures, SimulatedChange } from '#contract/simulate.ts';
import { Skeleton } from '../../components/skeleton.tsx';
import { asFault } from '../../data/fault.ts';
import { millis, share, UNKNOWN } from '../../format/figures.ts';
import { predictLoad, type LoadPrediction } from './load-prediction.ts';
import './load-effect.css';

interface LoadEffectProps {
  readonly pool: string;
  readonly changes: readonly SimulatedChange[];
  /** Said below: what had to be assumed. */
  readonly note?: string;
}

export function LoadEffect({ pool, changes, note }: LoadEffectProps) {
  const [prediction, setPrediction] = useState<LoadPrediction | null>(null);
  const key = JSON.stringify([pool, changes]);
  useEffect(() => {
    const waiting = new AbortController();
    setPrediction(null);
    predictLoad(pool, changes, waiting.signal).then(setPrediction, (thrown: unknown) => {
      if (!waiting.signal.aborted) setPrediction({ kind: 'none', why: asFault(thrown).message });
    });
    return () => waiting.abort();
    // What is asked is the same as long as it reads the same.
  }, [key]);
  return (
    <section class="load-effect" aria-label={`Predicted load of ${pool}`} aria-live="polite">
      <h3>Predicted load of {pool}</h3>
      {prediction === null ? (
        <Skeleton lines={2} label="Simulating" />
      ) : prediction.kind === 'none' ? (
        <p class="soft">No prediction. {prediction.why}</p>
      ) : (
        <Figures prediction={prediction} note={note} />
      )}
    </section>
  );
}

interface Line {
  readonly title: string;
  /** Null: no good answer was seen to measure. */
  readonly of: (figures: PredictedFigures) => Estimate | null;
  readonly text: (value: number) => string;
}

const LINES: readonly Line[] = [
  { title: 'p50', of: ({ p50Ms }) => p50Ms, text: millis },
  { title: 'p99', of: ({ p99Ms }) => p99Ms, text: millis },
  { title: 'Errors', of: ({ errors }) => errors, text: share },
  { title: 'Busiest backend, of its share', of: ({ imbalance }) => imbalance, text: (times) => `${times.toFixed(2)}×` },
];

type Known = Extract<LoadPrediction, { kind: 'known' }>;

function Figures({ prediction, note }: { readonly prediction: Known; readonly note: string | undefined }) {
  const { now, then, basis, method } = prediction.answer;
  if (then === null) return null;
  const remarks = [...then.warnings, ...(note === undefined ? [] : [note])];
  return (
    <>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">now</th>
            <th scope="col">then</th>
            <th scope="col">difference, 95 % sure</th>
          </tr>
        </thead>
        <tbody>
          {LINES.map(({ title, of, text }) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              <td>{meanOf(of(now), text)}</td>
              <td>{meanOf(of(then), text)}</td>
              <td>{differenceOf(of(then.difference), text)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {remarks.map((line) => (
        <p key={line} class="load-effect-remark">
          {line}
        </p>
      ))}
      <details>
        <summary>What it rests on</summary>
        <ul>
          {[...basis.from, ...basis.limits, method.says].map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </details>
    </>
  );
}

function meanOf(estimate: Estimate | null, text: (value: number) => string): string {
  return estimate === null ? UNKNOWN : text(estimate.mean);
}

/** Where zero lies within, nobody can say which way it goes. */
function differenceOf(estimate: Estimate | null, text: (value: number) => string): string {
  if (estimate === null) return UNKNOWN;
  const { low, high } = estimate;
  if (low <= 0 && high >= 0) return 'none to be seen';
  const [least, most] = low > 0 ? [low, high] : [-high, -low];
  const sign = low > 0 ? '+' : '−';
  return least === most ? `${sign}${text(least)}` : `${sign}${text(least)} to ${sign}${text(most)}`;
}
