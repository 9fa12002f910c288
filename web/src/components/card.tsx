/** A titled part of a page. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './card.css';

export interface CardProps {
  readonly title: string;
  /** Beside the title: buttons, tabs, a range. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  /** What it shows is older than it should be. */
  readonly stale?: boolean;
  /** Without room around its content: tables and charts bring their own. */
  readonly flush?: boolean;
}

export function Card({ title, actions, children, stale = false, flush = false }: CardProps) {
  const titleId = useId();
  return (
    <section class={`card ${stale ? 'card-stale' : ''}`} aria-labelledby={titleId}>
      <header class="card-head">
        <h2 id={titleId}>{title}</h2>
        {stale && <span class="card-old">old figures</span>}
        {actions !== undefined && <div class="card-actions">{actions}</div>}
      </header>
      <div class={flush ? 'card-body card-flush' : 'card-body'}>{children}</div>
    </section>
  );
}
