/** What the file says and what was changed live, where they differ: which of them wins, and how to make them the same. */
import { useState } from 'preact/hooks';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { overview } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { isOperator } from '../../data/session.ts';
import { saveConfig } from '../../data/changes.ts';
import { LinesList } from './lines-list.tsx';

export function FileDrift() {
  const drift = useResource(overview).value.value?.drift;
  const [asking, setAsking] = useState(false);
  if (drift === undefined || (drift.diff.length === 0 && drift.setAside === null)) return null;
  return (
    <Card
      title="The file says something else"
      actions={
        isOperator.value && drift.file !== null && drift.wins === 'live' ? (
          <Button size="small" onClick={() => setAsking(true)}>
            Save to the file…
          </Button>
        ) : undefined
      }
    >
      <p>{drift.says}</p>
      {drift.diff.length > 0 && <LinesList lines={drift.diff} label="What the file would change" />}
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Save what is in force to the file?"
        action="Save"
        onConfirm={() => saveConfig()}
        done="The file says what is in force."
      >
        <p>
          <code>{drift.file}</code> is replaced as a whole; comments in what is in force stay.
        </p>
      </ConfirmDialog>
    </Card>
  );
}
