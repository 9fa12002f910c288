/** The title of a page, with what belongs to all of it: a pool, a time range, a button. */
import type { ComponentChildren } from 'preact';
import './page-head.css';

export interface PageHeadProps {
  readonly title: string;
  /** One line on what it shows. */
  readonly says?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function PageHead({ title, says, children }: PageHeadProps) {
  return (
    <header class="page-head">
      <div>
        <h1>{title}</h1>
        {says !== undefined && <p class="soft">{says}</p>}
      </div>
      {children !== undefined && <div class="page-head-actions">{children}</div>}
    </header>
  );
}
