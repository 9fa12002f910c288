/** A button. `busy` keeps it from being pressed twice, and says so. */
import type { ComponentChildren, Ref, TargetedMouseEvent } from 'preact';
import { Icon, type IconName } from './icon.tsx';
import './button.css';

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly size?: 'normal' | 'small';
  readonly type?: 'button' | 'submit';
  readonly icon?: IconName;
  /** For a button that shows an icon only, or whose text says too little. */
  readonly label?: string;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
  readonly disabled?: boolean;
  readonly busy?: boolean;
  /** Why it is disabled, or what it does beyond its text. */
  readonly title?: string;
  readonly innerRef?: Ref<HTMLButtonElement>;
}

export function Button(props: ButtonProps) {
  const {
    children,
    kind = 'plain',
    size = 'normal',
    type = 'button',
    icon,
    label,
    disabled = false,
    busy = false,
  } = props;
  return (
    <button
      type={type}
      class={`button button-${kind} ${size === 'small' ? 'button-small' : ''} ${children === undefined ? 'button-icon' : ''}`}
      onClick={busy ? undefined : props.onClick}
      disabled={disabled}
      aria-disabled={busy ? 'true' : undefined}
      aria-busy={busy ? 'true' : undefined}
      aria-label={label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      title={props.title ?? (children === undefined ? label : undefined)}
      ref={props.innerRef ?? null}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}
