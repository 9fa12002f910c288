/** Two texts, one under the other where they differ. What was added or removed is said by a sign, not by colour alone. */
import { diffOf } from './text-diff.ts';
import './diff-view.css';

const SIGNS = { same: ' ', added: '+', removed: '−', gap: '⋯' } as const;
const NAMES = { same: '', added: 'added: ', removed: 'removed: ', gap: 'unchanged lines' } as const;

export interface DiffViewProps {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

export function DiffView({ label, before, after }: DiffViewProps) {
  const lines = before === after ? [] : diffOf(before, after);
  if (lines.length === 0) return <p class="soft">No difference.</p>;
  return (
    <div class="diff" role="region" aria-label={label} tabIndex={0}>
      <ol>
        {lines.map(({ kind, text }, at) => (
          <li key={at} class={`diff-line diff-${kind}`}>
            <span aria-hidden="true">{SIGNS[kind]}</span>
            <span class="unseen">{NAMES[kind]}</span>
            <code>{text}</code>
          </li>
        ))}
      </ol>
    </div>
  );
}
