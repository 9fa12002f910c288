/** A link between pages: goes there without loading anew, and is a link all the same for whoever wants a new tab. */
import type { ComponentChildren, TargetedMouseEvent } from 'preact';
import type { PagePath } from '#contract/pages.ts';
import { addressOf, navigate, page, type Query } from './address.ts';

export interface LinkProps {
  readonly to: PagePath;
  readonly query?: Query;
  readonly class?: string;
  readonly label?: string;
  readonly children: ComponentChildren;
}

export function Link({ to, query, label, children, ...rest }: LinkProps) {
  const address = addressOf(to, query);
  const go = (event: TargetedMouseEvent<HTMLAnchorElement>): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(address);
  };
  return (
    <a
      href={address}
      onClick={go}
      class={rest.class ?? ''}
      aria-current={page.value === to ? 'page' : undefined}
      aria-label={label}
    >
      {children}
    </a>
  );
}
