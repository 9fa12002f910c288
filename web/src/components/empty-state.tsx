/** Nothing is there, and that is no fault: what would be here, and how it comes to be. */
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.tsx';
import './empty-state.css';

export interface EmptyStateProps {
  readonly icon?: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div class="empty-state">
      {icon !== undefined && <Icon name={icon} size={24} />}
      <strong>{title}</strong>
      {children !== undefined && <div class="soft">{children}</div>}
    </div>
  );
}
