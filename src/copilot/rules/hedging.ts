/**
 * Requests are asked twice, and the second answer is hardly ever the first to come.
 *
 * Why: a hedge costs a backend a request. It pays where a slow answer is bad luck of one backend; where the request itself is slow,
 * the copy is as slow, and adds load.
 * Conditions: HEDGES_MIN copies whose end is known in the window, and fewer than WON_SHARE of them came first.
 * Source: the tail at scale (Dean and Barroso, 2013): hedging helps where latencies of copies do not go together.
 */
import { labelsOf } from '../attempt-figures.ts';
import { counted, setting, shareOf, workedOut } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { poolKey } from '../proposals.ts';
import type { PoolReading, Readings } from '../readings.ts';
import { name, say } from '../told.ts';

const HEDGES_MIN = 50;
/** At p95, one in five copies comes first even where latencies hardly go together at all. */
const WON_SHARE = 0.05;

export const wastedHedges: Rule = {
  name: 'wasted-hedges',
  summary: 'requests are asked twice, and the copies hardly ever win',
  explains: [],
  check: (readings) => readings.pools.flatMap((pool) => look(readings, pool)),
};

function look({ windowS }: Readings, pool: PoolReading): Draft[] {
  const { hedge } = pool.settings;
  const { hedgesWon, hedgesLost } = pool.recent;
  if (hedge === null || hedgesWon + hedgesLost < HEDGES_MIN) return [];
  const result = (which: string, count: number) =>
    counted('edgebalancer_hedges_total', { ...labelsOf(pool), result: which }, count, windowS);
  const [won, lost] = [result('won', hedgesWon), result('lost', hedgesLost)];
  const share = shareOf(
    'share of copies that came first',
    won,
    workedOut('copies', hedgesWon + hedgesLost, 'count', [won, lost]),
  );
  if (share.value >= WON_SHARE) return [];
  return [
    {
      severity: 'advice',
      place: { pool: pool.name },
      title: say`Asking backends of ${name(pool.name)} twice hardly ever helps`,
      why: say`${won} copies came first and ${lost} did not: what is slow here is the request, not the backend that has it.`,
      evidence: [won, lost, share, setting(`pools.${pool.name}.hedge.budget`, hedge.budget, 'share')],
      recommendation: { says: say`Turn hedging off for this pool.`, change: poolKey(pool.name, ['hedge'], null) },
      touches: 0,
      whatIf: { pool: pool.name, changes: [{ kind: 'patch', patch: { hedge: null } }] },
    },
  ];
}
