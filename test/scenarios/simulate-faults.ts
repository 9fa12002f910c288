/**
 * `npm run simulate:faults`: simulated failures, on and on.
 *   --seconds N [--seed S]          explores for N seconds, from seed S on (without one, from a random seed)
 *   --seed S [--scenario JSON]      runs one scenario: that of the seed, or the one given
 *   --trace                         prints each pick and each end of the one scenario
 * Ends with 1 when an invariant does not hold.
 */
import { parseArgs } from 'node:util';
import { COVERED, type Coverage } from './coverage.ts';
import { explore, reportOf, SEED_MAX, type Explored } from './exploration.ts';
import { drawScenario } from './generator.ts';
import type { Scenario } from './scenario.ts';
import { run } from './world.ts';

/** How often progress is printed. */
const TELL_MS = 5_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    scenario: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

function numberOf(name: 'seconds' | 'seed', most: number): number | null {
  const text = values[name];
  if (text === undefined) return null;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && value < most) return value;
  throw new Error(`--${name} ${text}: expected a number from 0 to ${most}`);
}

function progress({ scenarios, steps, coverage }: Explored, elapsedMs: number): string {
  const transitions = COVERED.filter((name) => /^(open|half-open|closed):/.test(name));
  const changes = transitions.reduce((sum, name) => sum + coverage.of(name), 0);
  return (
    `${(elapsedMs / 1000).toFixed(0)} s: ${scenarios} scenarios (${((scenarios * 1000) / elapsedMs).toFixed(0)}/s), ` +
    `${steps} steps, ${coverage.of('attempts')} attempts, ${coverage.of('retries')} retries, ` +
    `${coverage.of('hedges')} hedges, ${changes} changes of circuits, ${coverage.of('worker deaths')} worker deaths`
  );
}

function table(coverage: Coverage): string {
  const strategies = [...coverage.strategies].map(([name, pools]) => [`pools with ${name}`, pools] as const);
  const rows = [...COVERED.map((name) => [name, coverage.of(name)] as const), ...strategies];
  return rows.map(([name, count]) => `  ${name.padEnd(34)} ${count}`).join('\n');
}

function exploreFor(seconds: number, seed: number): number {
  const startedMs = performance.now();
  let toldMs = startedMs;
  console.log(`exploring for ${seconds} s from seed ${seed}`);
  const explored = explore(seed, {
    goesOn: (soFar) => {
      const nowMs = performance.now();
      if (nowMs - toldMs >= TELL_MS) {
        toldMs = nowMs;
        console.log(progress(soFar, nowMs - startedMs));
      }
      return nowMs - startedMs < seconds * 1000;
    },
  });
  console.log(progress(explored, performance.now() - startedMs));
  console.log(table(explored.coverage));
  if (explored.failed !== null) {
    console.log(`\nFAILED ${explored.failed.report}`);
    return 1;
  }
  console.log('\nevery invariant held');
  return 0;
}

function runOne(scenario: Scenario): number {
  const { failure, steps, coverage, digest, traceLines } = run(scenario, { trace: values.trace });
  for (const line of traceLines) console.log(line);
  console.log(`${steps} steps, ${coverage.of('attempts')} attempts, digest ${(digest >>> 0).toString(16)}`);
  if (failure === null) {
    console.log('every invariant held');
    return 0;
  }
  console.log(`FAILED ${reportOf(scenario, failure, {})}`);
  return 1;
}

const seed = numberOf('seed', SEED_MAX);
const seconds = numberOf('seconds', 1_000_000);
if (values.scenario !== undefined) process.exitCode = runOne(JSON.parse(values.scenario) as Scenario);
else if (seconds === null && seed !== null) process.exitCode = runOne(drawScenario(seed));
else process.exitCode = exploreFor(seconds ?? 60, seed ?? Math.floor(Math.random() * SEED_MAX));
