/** A choice out of a few, over the native element: it works on every device and with every way of input. */
import type { ComponentChildren, TargetedEvent } from 'preact';
import { Field } from './field.tsx';
import './select.css';

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

export interface SelectProps<T extends string> {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly hint?: ComponentChildren;
  /** In a toolbar: the label is said, not shown. */
  readonly compact?: boolean;
}

export function Select<T extends string>({ label, choices, value, onChange, hint, compact = false }: SelectProps<T>) {
  const change = (event: TargetedEvent<HTMLSelectElement>): void => onChange(event.currentTarget.value as T);
  const options = choices.map((choice) => (
    <option key={choice.value} value={choice.value}>
      {choice.label}
    </option>
  ));
  if (compact) {
    return (
      <select class="select select-compact" aria-label={label} value={value} onChange={change}>
        {options}
      </select>
    );
  }
  return (
    <Field label={label} {...(hint !== undefined && { hint })}>
      {(ties) => (
        <select {...ties} class="select" value={value} onChange={change}>
          {options}
        </select>
      )}
    </Field>
  );
}
