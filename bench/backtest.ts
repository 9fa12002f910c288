import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { report, type Outcome } from './support/backtest/report.ts';
import { startSubject, type Subject } from './support/backtest/subject.ts';
import { readFlags, wanted } from './support/flags.ts';
import { WORK } from './support/places.ts';
import { publish } from './support/results.ts';
import { figure } from './support/table.ts';
import { SCENARIOS } from './support/tail/scenarios.ts';
import { TestBed } from './support/tail/test-bed.ts';

/** Does the simulator predict p99 under another strategy? Traffic is recorded under one, then each is switched to and measured. */

/** Trouble that comes once is not in a recording's power to foresee; freezes all along are. */
const STEADY = SCENARIOS.filter(({ trouble }) => trouble === 'none' || trouble === 'pauses');
const RECORDED = 'least-connections';
const OTHERS = ['round-robin', 'two-choices', 'peak-ewma', 'adaptive'];
const WARMUP_S = 2;
const SETTLE_MS = 700;
const FIRST_SEED = 5000;
const OUTCOMES = join(WORK, 'backtest.jsonl');

const flags = readFlags(
  'predicted p99 beside measured, another strategy at a time',
  { scenarios: [], seed: 1, seconds: 15, recordSeconds: 18, forget: false, only: false },
  { seconds: 4, recordSeconds: 6 },
);
mkdirSync(WORK, { recursive: true });
if (flags.forget) rmSync(OUTCOMES, { force: true });
// Runs add to what earlier ones found, so that a long table can be made in parts; `--only` measures nothing.
if (!flags.only) await measureAll();
const outcomes = existsSync(OUTCOMES)
  ? readFileSync(OUTCOMES, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Outcome) // prettier-ignore
  : [];
if (outcomes.length > 0)
  publish('backtest', 'does the simulator predict p99 under another strategy', body(outcomes), flags.write);
process.exit(0);

async function measureAll(): Promise<void> {
  const bed = await TestBed.start();
  for (const scenario of STEADY.filter(({ id }) => wanted(flags.scenarios, id))) {
    const subject = await startSubject(RECORDED, bed.backends);
    for (const outcome of await backtest(bed, subject, scenario.id)) {
      appendFileSync(OUTCOMES, `${JSON.stringify(outcome)}\n`);
    }
    await subject.target.stop();
  }
}

async function backtest(bed: TestBed, { target, predict, use }: Subject, scenario: string): Promise<Outcome[]> {
  const seed = FIRST_SEED + 2 * flags.seed;
  const run = { scenario, seed, seconds: flags.recordSeconds, independent: false };
  await bed.measure({ ...run, seconds: WARMUP_S }, target.port);
  await bed.measure(run, target.port);
  const { now, alternatives, basis } = await predict(OTHERS);
  console.error(`${scenario}: ${basis.from.join('; ')}`);
  const predicted = new Map([[RECORDED, now], ...alternatives.map((one) => [one.name, one] as const)]);
  const outcomes: Outcome[] = [];
  // All meet the same requests, and others than those that were recorded.
  for (const strategy of [RECORDED, ...OTHERS]) {
    await use(strategy);
    await delay(SETTLE_MS);
    const { p99, polluted, lateShare } = await bed.measure(
      { ...run, seed: seed + 1, seconds: flags.seconds },
      target.port,
    );
    const predictedMs = predicted.get(strategy)?.p99Ms?.mean ?? NaN;
    console.error(
      `${scenario}, ${strategy}: predicted ${figure(predictedMs)}, measured ${figure(p99)} ms (${(lateShare * 100).toFixed(1)} % late)`,
    );
    outcomes.push({ scenario, seed, recorded: RECORDED, strategy, predictedMs, measuredMs: p99, polluted });
  }
  return outcomes;
}

function body(found: readonly Outcome[]): string {
  return [
    `The backends of \`tail\`, recorded under ${RECORDED}; then every strategy is switched to through the admin API and measured over other requests than those recorded, the same for all. What is predicted comes from \`POST /admin/simulate\` as it is for everybody; only that a request takes as long wherever it goes is said (\`slownessOf\`), which hardly matters without second attempts.`,
    report(found).text,
  ].join('\n\n');
}
