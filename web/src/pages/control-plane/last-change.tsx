/** What was changed last, by whom, and the way back. */
import { Button } from '../../components/button.tsx';
import { serverNowMs } from '../../data/clock.ts';
import { revisions } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { isOperator } from '../../data/session.ts';
import { ago } from '../../format/times.ts';
import { Link } from '../../routing/link.tsx';
import { ask } from './pending-change.ts';
import './last-change.css';

export function LastChange() {
  const list = useResource(revisions).value.value?.revisions ?? [];
  const at = list.findIndex(({ inForce }) => inForce);
  const now = list[at];
  const before = list[at + 1];
  // The first one is how it was started: nobody has changed anything.
  if (now === undefined || before === undefined) return null;
  const { revision, summary, by } = now;
  return (
    <p class="last-change">
      <span class="soft">Last change:</span> <span title={now.diff.join('\n')}>{summary}</span>{' '}
      <span class="soft">
        by {by.name}, {ago(Date.parse(now.at), serverNowMs.value)} (revision {revision})
      </span>
      {isOperator.value && (
        <Button size="small" icon="undo" onClick={() => ask({ kind: 'undo', revision, to: before.revision, summary })}>
          Undo
        </Button>
      )}
      <Link to="configuration">All revisions</Link>
    </p>
  );
}
