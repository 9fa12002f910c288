/** One figure with its name, and how it has moved. In a `StatGroup`, which is a list of terms and what they are. */
import type { ComponentChildren } from 'preact';
import './stat.css';

export interface StatProps {
  readonly label: string;
  /** Formatted; an em dash where it is not known (format/figures.ts). */
  readonly value: ComponentChildren;
  /** Smaller, below: what it is of, or since when. */
  readonly note?: ComponentChildren;
  readonly tone?: 'ok' | 'warn' | 'bad';
  /** A Sparkline. */
  readonly trend?: ComponentChildren;
  /** The value is text, not a figure: it is shown smaller. */
  readonly text?: boolean;
}

export function StatGroup({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <section class="stat-group" aria-label={label}>
      <dl>{children}</dl>
    </section>
  );
}

export function Stat({ label, value, note, tone, trend, text = false }: StatProps) {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd class={`stat-value ${text ? 'stat-text' : ''} ${tone === undefined ? '' : `stat-${tone}`}`}>{value}</dd>
      {trend !== undefined && <dd class="stat-trend">{trend}</dd>}
      {note !== undefined && <dd class="stat-note">{note}</dd>}
    </div>
  );
}
