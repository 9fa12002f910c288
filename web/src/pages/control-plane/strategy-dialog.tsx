/** Gives a pool another strategy, or other parameters. The form follows from what each strategy declares of itself. */
import { useState } from 'preact/hooks';
import type { StrategyEntry, StrategyInForce } from '#contract/admin.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { ParamForm, readParams, textsOf, type ParamTexts, type ParamValues } from '../../components/param-form.tsx';
import { Select } from '../../components/select.tsx';
import { setStrategy } from '../../data/changes.ts';
import { strategies } from '../../data/resources.ts';
import { LoadEffect } from './load-effect.tsx';
import { useSettled } from './settled-value.ts';
import { useVersionedChange } from './versioned-change.ts';

interface StrategyDialogProps {
  readonly pool: string;
  readonly onClose: () => void;
}

export function StrategyDialog({ pool, onClose }: StrategyDialogProps) {
  const answer = strategies.value.value;
  // What was in force when it was opened; the prediction says what differs from what is in force since.
  const [before] = useState(answer?.pools[pool]);
  if (answer === null || before === undefined) return null;
  return <Asking pool={pool} before={before} available={answer.available} onClose={onClose} />;
}

interface AskingProps extends StrategyDialogProps {
  readonly before: StrategyInForce;
  readonly available: readonly StrategyEntry[];
}

function Asking({ pool, before, available, onClose }: AskingProps) {
  const [name, setName] = useState(before.name);
  const entry = available.find((one) => one.name === name) as StrategyEntry;
  const [texts, setTexts] = useState<ParamTexts>(() => textsOf(entry.params, before.params));
  const choose = (next: string): void => {
    const chosen = available.find((one) => one.name === next);
    setName(next);
    setTexts(textsOf(chosen?.params ?? [], next === before.name ? before.params : {}));
  };
  const params = readParams(entry.params, texts);
  const typed = params === null ? '' : JSON.stringify({ name, params, ...(keeps(entry, before) && { on: before.on }) });
  const settled = useSettled(typed);
  const same = name === before.name && params !== null && isSame(params, before.params);
  const ready = typed !== '' && settled === typed && !same;
  const wanted = (): StrategyInForce => JSON.parse(settled) as StrategyInForce;
  const change = useVersionedChange([{ name: pool, run: (options) => setStrategy(pool, wanted(), options) }]);
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Strategy of ${pool}`}
      {...(ready && { predict: change.predict, effectKey: `${settled} ${change.turn}` })}
      effect={ready && <LoadEffect pool={pool} changes={[{ kind: 'strategy', name, params: wanted().params }]} />}
      action={name === before.name ? 'Change parameters' : `Switch to ${name}`}
      ready={ready}
      onConfirm={change.confirm}
      done={`${pool} picks by ${name}`}
    >
      <Select
        label="Strategy"
        choices={available.map((one) => ({
          value: one.name,
          label: one.name === before.name ? `${one.name} (in force)` : one.name,
        }))}
        value={name}
        onChange={choose}
        hint={entry.summary}
      />
      <p>
        <strong>Best when:</strong> {entry.bestWhen}
      </p>
      <ParamForm params={entry.params} texts={texts} onChange={setTexts} />
      {entry.on !== undefined && (
        <p class="soft">
          It hashes <code>{keyText(keeps(entry, before) ? before.on : entry.on)}</code>. Another key is set on the page
          Configuration.
        </p>
      )}
      {same && <p class="soft">This is in force now.</p>}
    </ConfirmDialog>
  );
}

/** What a pool hashes stays, as long as its strategy hashes. */
function keeps(entry: StrategyEntry, before: StrategyInForce): boolean {
  return entry.on !== undefined && before.on !== undefined;
}

function keyText(on: StrategyInForce['on']): string {
  if (on === undefined || typeof on === 'string') return on ?? '';
  return Object.entries(on)
    .map(([from, name]) => `${from} ${name}`)
    .join(', ');
}

function isSame(values: ParamValues, others: ParamValues): boolean {
  return Object.entries(values).every(([name, value]) => others[name] === value);
}
