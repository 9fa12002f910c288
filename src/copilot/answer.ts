/**
 * A question to an answer: the topic with the most of its words in the question, asked about what the question names. There is no
 * guessing beyond that: a question with no known word is not answered, and whoever asked is told what can be.
 */
import type { CitedValue, Finding, PredictedEffect, Told } from '#contract/copilot.ts';
import type { Diagnosis } from './diagnose.ts';
import { workedOut, standing, type Cited } from './cited.ts';
import type { BackendReading, PoolReading, Readings } from './readings.ts';
import { joined, name, NOTHING, say } from './told.ts';
import type { Reply, Topic } from './topic.ts';
import { errors, latency, limits, probes, retries, timeouts } from './topics/cause-topics.ts';
import { cost, strategy, whatIf } from './topics/choice-topics.ts';
import { backends, changes, everything, trafficTopic } from './topics/state-topics.ts';

/** Of two with as many words, the first is meant. */
const TOPICS: readonly Topic[] = [
  whatIf,
  cost,
  retries,
  timeouts,
  probes,
  limits,
  latency,
  errors,
  strategy,
  backends,
  changes,
  trafficTopic,
  everything,
];

export const EXAMPLES: readonly string[] = TOPICS.map(({ example }) => example);

/** Null: nothing in the question is known. */
export function answer(question: string, readings: Readings, diagnoses: readonly Diagnosis[]): Reply | null {
  const asked = question.toLowerCase();
  const { pool, backend } = named(asked, readings);
  let best: { readonly topic: Topic; readonly hits: number } | null = null;
  for (const topic of TOPICS) {
    const hits = topic.words.filter((word) => word.test(asked)).length;
    if (hits > (best?.hits ?? 0)) best = { topic, hits };
  }
  // A backend by its name alone is a question about it.
  const topic = best?.topic ?? (backend === null ? null : backends);
  return topic === null ? null : topic.reply({ question: asked, readings, diagnoses, pool, backend });
}

/** Words that are in many questions; a backend of that name is meant only between quotes, or behind its pool's name. */
const COMMON = new Set(['a', 'i']);

function named(
  question: string,
  { pools }: Readings,
): { readonly pool: PoolReading | null; readonly backend: BackendReading | null } {
  for (const pool of pools) {
    const backend = pool.backends.find(({ id }) => mentions(question, `${pool.name}/${id}`));
    if (backend !== undefined) return { pool, backend };
  }
  const pool = pools.find((one) => mentions(question, one.name)) ?? null;
  const within = pool === null ? pools : [pool];
  for (const one of within) {
    const backend = one.backends.find(({ id }) =>
      COMMON.has(id.toLowerCase()) ? quoted(question, id) : mentions(question, id),
    );
    if (backend !== undefined) return { pool: one, backend };
  }
  return { pool: pool ?? (pools.length === 1 ? (pools[0] as PoolReading) : null), backend: null };
}

/** Whether `text` stands in the question as a word of its own. */
function mentions(question: string, text: string): boolean {
  const wanted = text.toLowerCase();
  for (let at = question.indexOf(wanted); at >= 0; at = question.indexOf(wanted, at + 1)) {
    const [before, after] = [question[at - 1] ?? ' ', question[at + wanted.length] ?? ' '];
    const afterThat = question[at + wanted.length + 1] ?? ' ';
    const ends =
      !/[\w-]/.test(after) && !(after === '.' && /\w/.test(afterThat)) && !(after === ':' && /\d/.test(afterThat));
    if (!/[\w./-]/.test(before) && ends) return true;
  }
  return false;
}

function quoted(question: string, id: string): boolean {
  const wanted = id.toLowerCase();
  return (
    ['"', "'", '`'].some((quote) => question.includes(`${quote}${wanted}${quote}`)) ||
    new RegExp(`\\b(backend|without|drain|remove|lose) ${wanted}\\b(?! \\w)`).test(question)
  );
}

/** What the simulator said, in words. */
export function toldEffect(effect: PredictedEffect): Told {
  const figure = (what: string, mean: number, unit: 'ms' | 'share'): Cited =>
    standing(what, { pool: effect.pool }, mean, unit, 'POST /admin/simulate');
  const { p50Ms, p99Ms, errors: failed } = effect;
  return joined(
    say`The simulator predicts: p99 ${figure('p99Ms', p99Ms.now.mean, 'ms')} now and ${figure('p99Ms', p99Ms.then.mean, 'ms')} then (between ${figure('p99Ms', p99Ms.then.low, 'ms')} and ${figure('p99Ms', p99Ms.then.high, 'ms')}), p50 ${figure('p50Ms', p50Ms.now.mean, 'ms')} now and ${figure('p50Ms', p50Ms.then.mean, 'ms')} then.`,
    say`Requests without a good answer: ${figure('errors', failed.now.mean, 'share')} now, ${figure('errors', failed.then.mean, 'share')} then.`,
    effect.warnings[0] === undefined ? NOTHING : say`Mind: ${name(effect.warnings[0])}`,
  );
}

/** A finding with what it would cost, and what the simulator says. */
export function completed(
  finding: Finding,
  predicted: PredictedEffect | null,
  monthly: { readonly currency: string; readonly now: number; readonly then: number } | null,
): Finding {
  const money = (value: number, labels: Readonly<Record<string, string>>): CitedValue =>
    standing('monthly', { currency: monthly?.currency ?? '', ...labels }, value, 'money', 'GET /admin/cost');
  const cost =
    monthly === null
      ? null
      : { currency: monthly.currency, now: money(monthly.now, {}), then: money(monthly.then, { supposed: 'yes' }) };
  return { ...finding, predicted, cost };
}

/** The readings' age and span, for whoever must know how much an answer rests on. */
export function gapsOf(readings: Readings, hasSimulator: boolean): Told[] {
  const covered = workedOut('seconds covered', readings.windowS, 's', []);
  const wanted = workedOut('seconds wanted', readings.wantedS, 's', []);
  return [
    ...(readings.windowS < readings.wantedS
      ? [
          say`It has only watched for ${covered} of ${wanted}: rules that compare with before are silent until there is a before.`,
        ]
      : []),
    ...(hasSimulator ? [] : [say`There is no simulator at hand, so findings carry no predicted effect.`]),
    ...(readings.cost === null ? [say`The cost estimate cannot be had.`] : []),
  ];
}
