/** Where short notices appear. There is one, in the shell. */
import { dismissToast, toasts } from '../data/toasts.ts';
import { Button } from './button.tsx';
import './toasts.css';

const MARKS = { ok: '✓', bad: '✕', plain: '•' } as const;

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, tone, text }) => (
        <div key={id} class={`toast toast-${tone}`}>
          <span class="toast-mark" aria-hidden="true">
            {MARKS[tone]}
          </span>
          <span>{text}</span>
          <Button kind="quiet" size="small" icon="close" label="Dismiss" onClick={() => dismissToast(id)} />
        </div>
      ))}
    </div>
  );
}
