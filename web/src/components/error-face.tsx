/** What went wrong, in the words of whoever found it, and what the reader can do. */
import type { ComponentChildren } from 'preact';
import type { Fault } from '../data/fault.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import './error-face.css';

export interface ErrorFaceProps {
  readonly fault: Fault;
  readonly onRetry?: () => void;
  /** In a dialog or a card: without the room around it. */
  readonly small?: boolean;
  readonly children?: ComponentChildren;
}

const HINTS = {
  unreachable: 'It is asked again by itself.',
  'signed-out': 'Sign in to see it.',
  forbidden: 'Sign in as an operator to do this.',
  outdated: 'Somebody else has changed it meanwhile. Look at what it is now, and try again.',
  refused: '',
  broken: 'The log of EdgeBalancer may say more.',
} as const;

export function ErrorFace({ fault, onRetry, small = false, children }: ErrorFaceProps) {
  return (
    <div class={small ? 'error-face error-face-small' : 'error-face'} role="alert">
      <Icon name="warning" size={small ? 16 : 24} />
      <div class="error-face-text">
        <strong>{fault.title}</strong>
        <p>{fault.message}</p>
        {fault.errors.length > 1 && (
          <ul>
            {fault.errors.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                {path !== '' && <code>{path}</code>} {message}
              </li>
            ))}
          </ul>
        )}
        {HINTS[fault.kind] !== '' && <p class="soft">{HINTS[fault.kind]}</p>}
        {children}
        {onRetry !== undefined && (
          <Button size="small" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}
