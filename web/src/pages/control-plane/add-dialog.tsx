/** Adds a backend to a pool. */
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { addBackend, type NewBackend } from '../../data/changes.ts';
import { backendRows, serves } from './backend-rows.ts';
import { LoadEffect } from './load-effect.tsx';
import { useSettled } from './settled-value.ts';
import { useVersionedChange } from './versioned-change.ts';

interface AddDialogProps {
  readonly pool: string;
  readonly onClose: () => void;
}

export function AddDialog({ pool, onClose }: AddDialogProps) {
  const [url, setUrl] = useState('');
  const [id, setId] = useState('');
  const [weight, setWeight] = useState('1');
  const problem = url === '' ? '' : urlProblem(url);
  const weightWrong = weight.trim() === '' || !(Number(weight) >= 0 && Number(weight) <= 1000);
  const complete = url !== '' && problem === '' && !weightWrong;
  const typed = JSON.stringify({
    pool,
    url: url.trim(),
    ...(id.trim() !== '' && { id: id.trim() }),
    weight: Number(weight),
  });
  const settled = useSettled(complete ? typed : '');
  const ready = complete && settled === typed;
  const change = useVersionedChange([
    { name: url, run: (options) => addBackend(JSON.parse(settled) as NewBackend, options) },
  ]);
  const like = backendRows.value.find((row) => row.pool === pool && serves(row.backend))?.id;
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={`Add a backend to ${pool}`}
      {...(ready && { predict: change.predict, effectKey: `${settled} ${change.turn}` })}
      effect={
        ready &&
        like !== undefined && (
          <LoadEffect
            pool={pool}
            changes={[{ kind: 'add', like, count: 1 }]}
            note={`Assumed: it is as fast as ${like}, and of the same weight.`}
          />
        )
      }
      action="Add"
      ready={ready}
      onConfirm={change.confirm}
      done={`Added to ${pool}`}
    >
      <p>It is probed first, and gets requests once it is well.</p>
      <TextField
        label="URL"
        type="url"
        hint="http://HOST:PORT or https://HOST:PORT, without a path."
        placeholder="http://10.0.0.14:3000"
        required
        maxLength={500}
        value={url}
        onInput={setUrl}
        error={problem}
        autoFocus={url === ''}
      />
      <TextField label="Name" hint="HOST:PORT where it is left empty." maxLength={100} value={id} onInput={setId} />
      <TextField
        label="Weight"
        type="number"
        hint="From 0 to 1000; most have 1."
        min={0}
        max={1000}
        step="any"
        value={weight}
        onInput={setWeight}
        error={weightWrong ? 'Expected a number from 0 to 1000.' : ''}
      />
    </ConfirmDialog>
  );
}

/** What the server would refuse for certain; the rest it says itself. */
function urlProblem(text: string): string {
  const url = URL.parse(text.trim());
  return url === null || !/^https?:$/.test(url.protocol) || url.hostname === ''
    ? 'Expected http:// or https:// with a host, such as http://10.0.0.14:3000.'
    : '';
}
