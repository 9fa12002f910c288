/** What a change would do, asked of the server without doing it. */
import { useEffect, useState } from 'preact/hooks';
import type { ChangeAnswer } from '#contract/control.ts';
import { asFault, type Fault } from '../data/fault.ts';
import { ErrorFace } from './error-face.tsx';
import { Skeleton } from './skeleton.tsx';
import './predicted-effect.css';

export interface PredictedEffectProps {
  readonly ask: () => Promise<ChangeAnswer>;
  /** It is asked anew when this changes. */
  readonly askKey: string;
}

type Effect = { readonly answer: ChangeAnswer } | { readonly fault: Fault };

export function PredictedEffect({ ask, askKey }: PredictedEffectProps) {
  const [effect, setEffect] = useState<Effect | null>(null);
  useEffect(() => {
    let current = true;
    const show = (next: Effect): void => {
      if (current) setEffect(next);
    };
    setEffect(null);
    ask().then(
      (answer) => show({ answer }),
      (thrown: unknown) => show({ fault: asFault(thrown) }),
    );
    return () => {
      current = false;
    };
    // What is asked is named by its key: `ask` itself is a new function each time.
  }, [askKey]);
  return (
    <section class="effect" aria-label="Predicted effect" aria-live="polite">
      <h3>Predicted effect</h3>
      {effect === null ? (
        <Skeleton lines={2} />
      ) : 'fault' in effect ? (
        <ErrorFace fault={effect.fault} small />
      ) : (
        <Lines answer={effect.answer} />
      )}
    </section>
  );
}

function Lines({ answer: { changed, diff, warnings } }: { readonly answer: ChangeAnswer }) {
  return (
    <>
      {changed ? (
        <ul class="effect-diff">
          {diff.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      ) : (
        <p>Nothing would change.</p>
      )}
      {warnings.length > 0 && (
        <ul class="effect-warnings">
          {warnings.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </>
  );
}
