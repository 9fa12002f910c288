/** Asks before backends are drained, put in maintenance, activated, weighed or removed. */
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { count } from '../../format/figures.ts';
import { ACTIONS, type ActionName } from './backend-action.ts';
import type { BackendRow } from './backend-rows.ts';
import { CapacityEffect } from './capacity-effect.tsx';
import { LoadEffect } from './load-effect.tsx';
import { clearSelection } from './selection.ts';
import { useSettled } from './settled-value.ts';
import { AT_ONCE_MAX, useVersionedChange } from './versioned-change.ts';
import './action-dialog.css';

interface ActionDialogProps {
  readonly action: ActionName;
  readonly rows: readonly BackendRow[];
  readonly onClose: () => void;
}

const WEIGHT_MAX = 1000;
/** More pools than this at once are simulated for nobody who reads. */
const POOLS_MAX = 3;
/** Names that are read out; of more, how many there are. */
const NAMES_MAX = 4;

export function ActionDialog({ action, rows, onClose }: ActionDialogProps) {
  const act = ACTIONS[action];
  const concerned = rows.filter(({ backend }) => !act.isDone(backend.state));
  const [weightText, setWeightText] = useState(String(rows[0]?.backend.weight ?? 1));
  const problem = action === 'weight' ? weightProblem(weightText) : '';
  const typed = useSettled(weightText);
  const weight = Number(typed);
  const settled = action !== 'weight' || (problem === '' && typed === weightText);
  const change = useVersionedChange(
    concerned.map((row) => ({ name: row.key, run: (options) => act.run(row, weight, options) })),
  );
  const tooMany = concerned.length > AT_ONCE_MAX;
  const possible = concerned.length > 0 && !tooMany;
  const names = namesOf(concerned.length === 0 ? rows : concerned);
  const confirm = async (): Promise<void> => {
    await change.confirm();
    clearSelection();
  };
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`${act.title.replace('…', '')}: ${names}`}
      {...(possible && settled && { predict: change.predict, effectKey: `${weight} ${change.turn}` })}
      effect={possible && settled && <Effect action={action} rows={concerned} weight={weight} />}
      action={act.verb}
      danger={act.danger}
      ready={possible && settled}
      onConfirm={confirm}
      done={act.done(names)}
    >
      <p>{act.says}</p>
      {action === 'remove' && <Left rows={concerned} />}
      {concerned.length < rows.length && <p class="soft">{left(rows.length - concerned.length)}</p>}
      {tooMany && <p role="alert">At most {AT_ONCE_MAX} at once: each makes a revision. Choose fewer.</p>}
      {action === 'weight' && (
        <TextField
          label="Weight"
          type="number"
          hint={`From 0 to ${WEIGHT_MAX}; most have 1.`}
          error={problem}
          min={0}
          max={WEIGHT_MAX}
          step="any"
          value={weightText}
          onInput={setWeightText}
          autoFocus={weightText === String(rows[0]?.backend.weight ?? 1)}
        />
      )}
    </ConfirmDialog>
  );
}

function Effect({ action, rows, weight }: Omit<ActionDialogProps, 'onClose'> & { readonly weight: number }) {
  const pools = [...new Set(rows.map(({ pool }) => pool))];
  return (
    <>
      <CapacityEffect action={action} rows={rows} weight={weight} />
      {pools.length > POOLS_MAX ? (
        <p class="soft">No prediction of load for more than {POOLS_MAX} pools at once.</p>
      ) : (
        pools.map((pool) => (
          <LoadEffect
            key={pool}
            pool={pool}
            changes={rows.filter((row) => row.pool === pool).map((row) => ACTIONS[action].simulated(row, weight))}
          />
        ))
      )}
      <p class="action-undo soft">
        Each change is a revision with your name. It can be taken back here, and on the page Configuration.
      </p>
    </>
  );
}

/** What still runs there, for whoever removes it. */
function Left({ rows }: { readonly rows: readonly BackendRow[] }) {
  const running = rows.reduce((sum, { backend }) => sum + backend.inFlight, 0);
  return <p>{running === 0 ? 'Nothing is in flight there now.' : `${count(running)} in flight there now.`}</p>;
}

function left(many: number): string {
  return many === 1 ? 'One is so already, and stays.' : `${many} are so already, and stay.`;
}

function namesOf(rows: readonly BackendRow[]): string {
  return rows.length > NAMES_MAX ? `${rows.length} backends` : rows.map(({ key }) => key).join(', ');
}

function weightProblem(text: string): string {
  const weight = Number(text);
  if (text.trim() === '' || !Number.isFinite(weight) || weight < 0 || weight > WEIGHT_MAX)
    return `Expected a number from 0 to ${WEIGHT_MAX}.`;
  return '';
}
