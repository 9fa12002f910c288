/**
 * Situations beyond the nine of scenarios.ts: fewer and more backends, slots and requests, milder and harsher trouble. A
 * default strategy must not be bad in any of them.
 */
import { backends, brownOut, DISTURBED_MS, fastErrors, pauses, scenario, type Scenario } from './scenarios.ts';
import { bimodal, exponential, lognormal } from './service-times.ts';

/** Equal backends of so many slots, so busy, with 25 ms a request. */
function equal(name: string, count: number, slots: number, busy: number): Scenario {
  return scenario({
    name,
    summary: `${count} equal backends of ${slots}, ${busy * 100} % busy`,
    backends: () => backends(count, () => ({ slots })),
    ratePerSecond: count * slots * 40 * busy,
  });
}

/** The first half is faster than the other by `factor`. */
function halves(name: string, count: number, slots: number, factor: number, busy: number): Scenario {
  return scenario({
    name,
    summary: `half of ${count} backends of ${slots} are ${factor} times slower, ${busy * 100} % busy`,
    backends: () => backends(count, (at) => ({ slots, speed: at < count / 2 ? 1 : 1 / factor })),
    ratePerSecond: (count / 2) * slots * 40 * (1 + 1 / factor) * busy,
  });
}

function disturbed(name: string, summary: string, parts: Partial<Scenario>): Scenario {
  return scenario({ name, summary, ratePerSecond: 768, countedMs: DISTURBED_MS, ...parts });
}

/** Backends that answer at once, but take 10 ms longer when they were idle: those in use look faster than their equals. */
function fast(ratePerSecond: number, durationMs: number): Scenario {
  return scenario({
    name: `fast-${ratePerSecond}`,
    summary: `4 equal backends, 0.3 ms, up to 10 ms longer after idle time; ${ratePerSecond} a second`,
    backends: () => backends(4, () => ({ coldMs: 10 })),
    service: lognormal(0.3, 0.5),
    ratePerSecond,
    durationMs,
    countedMs: [0, durationMs],
  });
}

/** Equal backends where only shares tell good from bad. */
export const FAST: readonly Scenario[] = [fast(20, 60_000), fast(300, 20_000), fast(3000, 20_000)];

export const SWEEP: readonly Scenario[] = [
  equal('quiet', 8, 4, 0.05),
  equal('rho.9', 8, 4, 0.9),
  equal('n2', 2, 4, 0.75),
  equal('n32', 32, 4, 0.75),
  equal('k1', 8, 1, 0.75),
  equal('k64', 8, 64, 0.75),
  halves('het-n2', 2, 4, 2, 0.6),
  halves('het-n100', 100, 4, 2, 0.6),
  halves('het-k64', 8, 64, 2, 0.6),
  halves('het-4x', 8, 4, 4, 0.6),
  halves('het-1.2x', 8, 4, 1.25, 0.7),
  halves('het-rho.85', 8, 4, 2, 0.85),
  disturbed('brown-3x', '1 of 8 becomes 3 times slower', {
    backends: () => backends(8, (at) => ({ changes: at === 0 ? brownOut(3) : [] })),
  }),
  disturbed('brown-20x', '1 of 8 becomes 20 times slower', {
    backends: () => backends(8, (at) => ({ changes: at === 0 ? brownOut(20) : [] })),
  }),
  disturbed('brown-two', '2 of 8 become 8 times slower', {
    backends: () => backends(8, (at) => ({ changes: at < 2 ? brownOut(8) : [] })),
  }),
  disturbed('brown-all', 'all become 1.6 times slower', {
    backends: () => backends(8, () => ({ changes: brownOut(1.6) })),
    ratePerSecond: 700,
  }),
  disturbed('recovered', 'the 5 s after 1 of 8 was 8 times slower', {
    backends: () => backends(8, (at) => ({ changes: at === 0 ? brownOut(8) : [] })),
    ratePerSecond: 900,
    countedMs: [DISTURBED_MS[1], DISTURBED_MS[1] + 5000],
  }),
  disturbed('fail-half', '4 of 8 answer errors in 1 ms, 31 % busy', {
    backends: () => backends(8, (at) => ({ failures: at < 4 ? fastErrors() : [] })),
    ratePerSecond: 400,
  }),
  disturbed('errors-5%', 'all answer 5 % errors, 75 % busy', {
    backends: () => backends(8, () => ({ failures: fastErrors(0.05) })),
    ratePerSecond: 960,
  }),
  scenario({ name: 'lognorm-2', summary: 'lognormal 25 ms with sigma 2, 75 % busy', service: lognormal(25, 2) }),
  scenario({
    name: 'bimodal',
    summary: '10 % of requests take 200 ms, the rest 2 ms; 68 % busy',
    service: bimodal(2, 200, 0.1),
    ratePerSecond: 1000,
  }),
  scenario({
    name: 'pauses-1s',
    summary: 'every backend freezes for 1 s about every 8 s, 60 % busy',
    backends: (random) => backends(8, () => ({ changes: pauses(random, 1000, 8000) })),
    ratePerSecond: 768,
  }),
  scenario({
    name: 'joins',
    summary: '1 of 8 backends joins after 10 s and ramps up for 5 s, 75 % busy without it',
    backends: () => backends(8, (at) => (at === 7 ? { joinsMs: 10_000, slowStartMs: 5000 } : {})),
    service: exponential(25),
    ratePerSecond: 840,
  }),
  ...FAST,
];
