/** What the simulator says of a recommendation, now and then. */
import type { PredictedEffect } from '#contract/copilot.ts';
import { millis, share } from '../../format/figures.ts';

export function Predicted({ effect }: { readonly effect: PredictedEffect }) {
  const { pool, p50Ms, p99Ms, errors, warnings } = effect;
  const range = `${millis(p99Ms.then.low)} to ${millis(p99Ms.then.high)}`;
  return (
    <div class="finding-predicted">
      <strong>Predicted for {pool}:</strong> p99 {millis(p99Ms.now.mean)} → {millis(p99Ms.then.mean)} ({range}), p50{' '}
      {millis(p50Ms.now.mean)} → {millis(p50Ms.then.mean)}, errors {share(errors.now.mean)} → {share(errors.then.mean)}.
      {warnings.length > 0 && (
        <details>
          <summary>What it cannot know</summary>
          <ul>
            {warnings.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
