/**
 * The form of a strategy's parameters, made from what the strategy itself declares. It holds texts as they are typed, so that
 * half a number is not changed under the reader's hands; `readParams` makes values of them.
 */
import type { StrategyParam } from '#contract/admin.ts';
import { CheckField, TextField } from './field.tsx';
import { Select } from './select.tsx';

export type ParamTexts = Readonly<Record<string, string | boolean>>;
export type ParamValues = Readonly<Record<string, number | string | boolean>>;

export interface ParamFormProps {
  readonly params: readonly StrategyParam[];
  readonly texts: ParamTexts;
  readonly onChange: (texts: ParamTexts) => void;
}

export function ParamForm({ params, texts, onChange }: ParamFormProps) {
  if (params.length === 0) return <p class="soft">This strategy has no parameters.</p>;
  return (
    <>
      {params.map((param) => (
        <ParamField
          key={param.name}
          param={param}
          text={texts[param.name] ?? ''}
          onChange={(text) => onChange({ ...texts, [param.name]: text })}
        />
      ))}
    </>
  );
}

interface ParamFieldProps {
  readonly param: StrategyParam;
  readonly text: string | boolean;
  readonly onChange: (text: string | boolean) => void;
}

function ParamField({ param, text, onChange }: ParamFieldProps) {
  const { name, summary } = param;
  switch (param.type) {
    case 'boolean':
      return <CheckField label={name} hint={summary} checked={text === true} onChange={onChange} />;
    case 'choice': {
      const choices = param.choices.map((value) => ({ value, label: value }));
      return <Select label={name} hint={summary} choices={choices} value={String(text)} onChange={onChange} />;
    }
    case 'number': {
      const hint = `${summary} From ${param.min} to ${param.max}; ${param.default} unless you say otherwise.`;
      const error = problemOf(param, String(text));
      return <TextField label={name} hint={hint} error={error} value={String(text)} onInput={onChange} />;
    }
  }
}

/** What is in force, or else the defaults, as texts. */
export function textsOf(params: readonly StrategyParam[], values: ParamValues = {}): ParamTexts {
  return Object.fromEntries(
    params.map((param) => {
      const value = values[param.name] ?? param.default;
      return [param.name, typeof value === 'boolean' ? value : String(value)];
    }),
  );
}

/** Null: something is wrong, and the form says what. */
export function readParams(params: readonly StrategyParam[], texts: ParamTexts): ParamValues | null {
  const values: Record<string, number | string | boolean> = {};
  for (const param of params) {
    const text = texts[param.name] ?? '';
    if (param.type === 'number') {
      if (problemOf(param, String(text)) !== '') return null;
      values[param.name] = Number(text);
    } else values[param.name] = text;
  }
  return values;
}

function problemOf(param: StrategyParam & { type: 'number' }, text: string): string {
  const { min, max, integer } = param;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return `Expected a number from ${min} to ${max}.`;
  if (value < min || value > max) return `Expected from ${min} to ${max}.`;
  return integer && !Number.isInteger(value) ? 'Expected a whole number.' : '';
}
