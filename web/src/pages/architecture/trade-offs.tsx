/**
 * Each strategy, when it is best, and what the simulator makes of it for the traffic that this pool sees now. Asked for when the
 * page opens and on a button: it takes the server some seconds of one core.
 */
import { useEffect, useState } from 'preact/hooks';
import type { StrategyAnswer, StrategyEntry } from '#contract/admin.ts';
import type { SimulateAnswer } from '#contract/simulate.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Select } from '../../components/select.tsx';
import { isAbort, send } from '../../data/client.ts';
import { asFault } from '../../data/fault.ts';
import { strategies } from '../../data/resources.ts';
import { useResource } from '../../data/resource.ts';
import { Link } from '../../routing/link.tsx';
import { queryValue } from '../../routing/query-value.ts';
import { TradeOffTable } from './trade-off-table.tsx';
import './trade-offs.css';

const chosenPool = queryValue<string>('pool', '');

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'known'; readonly answer: SimulateAnswer }
  | { readonly kind: 'none'; readonly why: string };

export function TradeOffs() {
  const known = useResource(strategies).value.value;
  if (known === null) return null;
  const names = Object.keys(known.pools);
  const pool = names.includes(chosenPool.value.value) ? chosenPool.value.value : names[0];
  if (pool === undefined) return null;
  return <OfPool key={pool} pool={pool} names={names} known={known} />;
}

interface OfPoolProps {
  readonly pool: string;
  readonly names: readonly string[];
  readonly known: StrategyAnswer;
}

function OfPool({ pool, names, known }: OfPoolProps) {
  const inForce = known.pools[pool]?.name ?? '';
  const [state, setState] = useState<State>({ kind: 'asking' });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const waiting = new AbortController();
    setState({ kind: 'asking' });
    void compare(pool, known.available, inForce, waiting.signal).then((next) => {
      if (!waiting.signal.aborted) setState(next);
    });
    return () => waiting.abort();
    // Asked anew for another pool, another strategy in force, and on demand; not with each answer of the server.
  }, [pool, inForce, turn]);
  return (
    <Card
      title="Strategy trade-offs"
      flush
      actions={
        <>
          {names.length > 1 && (
            <Select
              compact
              label="Pool"
              choices={names.map((value) => ({ value, label: value }))}
              value={pool}
              onChange={chosenPool.set}
            />
          )}
          <Button size="small" busy={state.kind === 'asking'} onClick={() => setTurn(turn + 1)}>
            {state.kind === 'asking' ? 'Simulating …' : 'Simulate again'}
          </Button>
        </>
      }
    >
      <p class="trade-offs-says" aria-live="polite">
        {SAYS[state.kind]} {state.kind === 'none' && state.why}{' '}
        <Link to="control-plane" query={{ pool }}>
          Switch the strategy of {pool}
        </Link>
      </p>
      <TradeOffTable
        available={known.available}
        inForce={inForce}
        answer={state.kind === 'known' ? state.answer : null}
      />
      {state.kind === 'known' && (
        <details class="trade-offs-basis">
          <summary>What it rests on, and what it cannot know</summary>
          <ul>
            {[...state.answer.basis.from, ...state.answer.basis.limits, state.answer.method.says].map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

const SAYS: Readonly<Record<State['kind'], string>> = {
  asking: 'The very code that picks is run on a virtual clock, over the traffic of the past minutes.',
  known:
    'Simulated with the very code that picks, for the traffic of the past minutes; ± is the 95 % interval over seeds.',
  none: 'There is no prediction.',
};

async function compare(
  pool: string,
  available: readonly StrategyEntry[],
  inForce: string,
  signal: AbortSignal,
): Promise<State> {
  const others = available.filter(({ name }) => name !== inForce);
  const body = { pool, compare: others.map(({ name }) => ({ name, changes: [{ kind: 'strategy', name }] })) };
  try {
    const reply = await send('POST', 'admin/simulate', { body, signal });
    return { kind: 'known', answer: (await reply.json()) as SimulateAnswer };
  } catch (thrown) {
    return { kind: 'none', why: isAbort(thrown) ? '' : asFault(thrown).message };
  }
}
