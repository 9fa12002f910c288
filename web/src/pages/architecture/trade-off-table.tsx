/** One strategy a row: what it is best for, and its simulated figures beside those of the one in force. */
import type { StrategyEntry } from '#contract/admin.ts';
import type { Alternative, Estimate, PredictedFigures, SimulateAnswer } from '#contract/simulate.ts';
import { millis, share, UNKNOWN } from '../../format/figures.ts';

export interface TradeOffTableProps {
  readonly available: readonly StrategyEntry[];
  readonly inForce: string;
  /** Null: nothing is predicted. */
  readonly answer: SimulateAnswer | null;
}

export function TradeOffTable({ available, inForce, answer }: TradeOffTableProps) {
  const sorted = available.toSorted((a, b) => Number(b.name === inForce) - Number(a.name === inForce));
  return (
    <div class="trade-offs" tabIndex={0} role="group" aria-label="Strategies compared">
      <table>
        <thead>
          <tr>
            <th scope="col">Strategy</th>
            <th scope="col">Best when</th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p99
            </th>
            <th scope="col" class="number">
              p99 to now
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              Busiest
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((entry) => (
            <Row key={entry.name} entry={entry} inForce={inForce} answer={answer} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly entry: StrategyEntry;
  readonly inForce: string;
  readonly answer: SimulateAnswer | null;
}

function Row({ entry, inForce, answer }: RowProps) {
  const { name, summary, bestWhen, params } = entry;
  const isNow = name === inForce;
  const other: Alternative | undefined = answer?.alternatives.find((one) => one.name === name);
  const figures: PredictedFigures | undefined = isNow ? answer?.now : other;
  return (
    <tr class={isNow ? 'trade-offs-now' : ''}>
      <th scope="row">
        {name} {isNow && <span class="trade-offs-mark">in force</span>}
        <span class="trade-offs-summary">{summary}</span>
        {params.length > 0 && <code class="trade-offs-params">{params.map((param) => param.name).join(' ')}</code>}
      </th>
      <td>{bestWhen}</td>
      <td class="number">{around(figures?.p50Ms, millis)}</td>
      <td class="number">{around(figures?.p99Ms, millis)}</td>
      <td class="number">{isNow ? '' : <Change estimate={other?.difference.p99Ms} />}</td>
      <td class="number">{figures === undefined ? UNKNOWN : share(figures.errors.mean)}</td>
      <td class="number">{figures === undefined ? UNKNOWN : `${figures.imbalance.mean.toFixed(2)} ×`}</td>
    </tr>
  );
}

function around(estimate: Estimate | null | undefined, text: (value: number) => string) {
  if (estimate === null || estimate === undefined) return UNKNOWN;
  return (
    <>
      {text(estimate.mean)} <span class="soft">± {text((estimate.high - estimate.low) / 2)}</span>
    </>
  );
}

/** Where zero lies within, nobody can say which way it goes. */
function Change({ estimate }: { readonly estimate: Estimate | null | undefined }) {
  if (estimate === null || estimate === undefined) return <>{UNKNOWN}</>;
  const { mean, low, high } = estimate;
  if (low <= 0 && high >= 0) return <span class="soft">no difference seen</span>;
  return (
    <strong class={mean < 0 ? 'trade-offs-better' : 'trade-offs-worse'}>
      {mean < 0 ? '−' : '+'}
      {millis(Math.abs(mean))}
    </strong>
  );
}
