/**
 * Retries: as they happen, and as they are configured.
 *
 * Why: a retry hides a failure from a client, and is one more request for backends that may fail because they have too much to
 * do. Many of them turn a slow minute into an outage, which goes on after its cause is gone.
 * Conditions of retry-amplification: RETRIES_MIN attempts made again and RETRY_SHARE of first attempts in the window, whatever
 * they are for. Failing backends explain it, so on its own it means failures that are spread thinly.
 * Conditions of retry-risk: settings alone. A budget above BUDGET_MAX with more than one try more lets retries outnumber requests;
 * methods that are not idempotent may be carried out twice (RFC 9110, 9.2.2).
 * Source: "Metastable Failures in Distributed Systems" (Bronson and others, HotOS 2021).
 */
import { labelsOf, poolAttempts } from '../attempt-figures.ts';
import { counted, setting, shareOf, workedOut, type Cited } from '../cited.ts';
import type { Draft, Rule } from '../finding-draft.ts';
import { poolKey } from '../proposals.ts';
import type { PoolReading, Readings } from '../readings.ts';
import { joined, name, NOTHING, say } from '../told.ts';

const RETRIES_MIN = 10;
const RETRY_SHARE = 0.1;
const BUDGET_MAX = 0.5;
const BUDGET_USUAL = '20%';
/** RFC 9110, 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export const retryAmplification: Rule = {
  name: 'retry-amplification',
  summary: 'many attempts are made again',
  explains: [],
  check: (readings) => readings.pools.flatMap((pool) => amplified(readings, pool)),
};

export const retryRisk: Rule = {
  name: 'retry-risk',
  summary: 'retries are configured so that they can outnumber requests, or repeat what must not be repeated',
  explains: [],
  check: ({ pools }) => pools.flatMap(risky),
};

function amplified({ windowS }: Readings, pool: PoolReading): Draft[] {
  const labels = labelsOf(pool);
  const { retries, budgetExhausted, failovers } = pool.recent;
  const again = counted('edgebalancer_retries_total', labels, retries, windowS);
  const all = counted('edgebalancer_upstream_requests_total', labels, poolAttempts(pool), windowS);
  const first = workedOut('first attempts', Math.max(0, all.value - retries), 'count', [all, again]);
  const share = shareOf('retries beside first attempts', again, first);
  if (retries < RETRIES_MIN || share.value < RETRY_SHARE) return [];
  const spent = counted('edgebalancer_retry_budget_exhausted_total', labels, budgetExhausted, windowS);
  const { retry } = pool.settings;
  const budget: Cited | null =
    retry === null ? null : setting(`pools.${pool.name}.retry.budget.share`, retry.budgetShare, 'share');
  return [
    {
      severity: 'warning',
      place: { pool: pool.name },
      title: say`Retries of ${name(pool.name)} add ${share} to its requests`,
      why: joined(
        say`${again} attempts were made again beside ${first} first ones.`,
        spent.value > 0 ? say`${spent} more were not, because the budget was spent.` : NOTHING,
      ),
      evidence: [
        again,
        share,
        spent,
        counted('edgebalancer_failovers_total', labels, failovers, windowS),
        ...(budget === null ? [] : [budget]),
      ],
      recommendation: {
        says: say`Look for what fails (${name('GET /admin/requests?list=retried')}). Half the budget keeps retries from adding to an overload.`,
        change:
          retry === null
            ? null
            : poolKey(pool.name, ['retry', 'budget', 'share'], `${Math.max(1, Math.round(retry.budgetShare * 50))}%`),
      },
      touches: Math.min(1, share.value),
    },
  ];
}

function risky(pool: PoolReading): Draft[] {
  const { retry } = pool.settings;
  if (retry === null || retry.attempts === 0) return [];
  const unsafe = retry.methods.filter((method) => !IDEMPOTENT.has(method));
  const isLoose = retry.attempts > 1 && retry.budgetShare > BUDGET_MAX;
  if (unsafe.length === 0 && !isLoose) return [];
  const attempts = setting(`pools.${pool.name}.retry.attempts`, retry.attempts, 'count');
  const budget = setting(`pools.${pool.name}.retry.budget.share`, retry.budgetShare, 'share');
  return [
    {
      severity: isLoose ? 'warning' : 'advice',
      place: { pool: pool.name },
      title: isLoose
        ? say`Retries of ${name(pool.name)} can outnumber its requests`
        : say`Retries of ${name(pool.name)} may carry ${name(unsafe.join(', '))} out twice`,
      why: joined(
        isLoose
          ? say`Each request may be tried ${attempts} times more, and retries may be ${budget} of first attempts: when backends fail under load, that is the load once more.`
          : NOTHING,
        unsafe.length > 0
          ? say`${name(unsafe.join(', '))} may be repeated after something was sent, though a backend may have carried it out.`
          : NOTHING,
      ),
      evidence: [attempts, budget],
      recommendation: isLoose
        ? {
            says: say`A fifth of the requests is enough to hide one failing backend.`,
            change: poolKey(pool.name, ['retry', 'budget', 'share'], BUDGET_USUAL),
          }
        : {
            says: say`Leave these methods out, unless the application knows a repeated request by a key.`,
            change: poolKey(
              pool.name,
              ['retry', 'methods'],
              retry.methods.filter((method) => IDEMPOTENT.has(method)),
            ),
          },
      touches: 0,
    },
  ];
}
