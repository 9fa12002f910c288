import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { flood } from '../admin-load.ts';
import type { Child } from '../children.ts';
import { converse } from '../conversation.ts';
import { watchForeignWork } from '../disturbance.ts';
import { cpuNs } from '../process-cost.ts';
import type { GoodOrder, GoodResult } from '../slow-clients/good-process.ts';
import type { Subject } from './subjects.ts';

/** What is done beside traffic. */
export const PARTS = ['changes', 'reads', 'guesses'] as const;
export type Part = (typeof PARTS)[number];

export const CHANGES_PER_SECOND = 10;
export const FLOOD_PER_SECOND = 1000;
const SETTLE_MS = 500;

/** One stretch of traffic, and what was done beside it. */
export interface Phase {
  readonly traffic: GoodResult;
  /** Of the proxy that carries the traffic: milliseconds of CPU a second. */
  readonly cpuMs: number;
  /** From asking for each change until it was obeyed. */
  readonly obeyedMs: readonly number[];
  readonly problems: readonly string[];
  /** Answers to the flood by status; 0: the connection was closed. */
  readonly answers: ReadonlyMap<number, number>;
  /** Cores' worth of work of anybody else meanwhile. */
  readonly foreign: number;
}

export interface Bench {
  readonly good: Child;
  readonly clients: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** Everything that works here. */
  readonly pids: readonly number[];
}

/** Traffic through `carrier`, while `part` is done at `asked`; null: nothing is. */
export async function measurePhase(
  bench: Bench,
  carrier: Subject,
  part: Part | null,
  asked: Subject | null,
): Promise<Phase> {
  await delay(SETTLE_MS);
  const foreign = watchForeignWork(bench.pids);
  const obeyedMs: number[] = [];
  const problems: string[] = [];
  let answers: ReadonlyMap<number, number> = new Map();
  const [traffic, cpuMs] = await serve(bench, carrier, async () => {
    if (part === null || asked === null) await delay(bench.seconds * 1000);
    else if (part === 'changes') await changeOften(bench, asked, obeyedMs, problems);
    else answers = await floodOnce(bench, asked, part);
  });
  return { traffic, cpuMs, obeyedMs, problems, answers, foreign: foreign() };
}

/** The good clients ask for as long as `meanwhile` takes. Resolves with what they saw, and CPU in ms a second. */
export async function serve(
  { good, clients, perSecond }: Pick<Bench, 'good' | 'clients' | 'perSecond'>,
  { target }: Subject,
  meanwhile: () => Promise<unknown>,
): Promise<[GoodResult, number]> {
  const cpuBefore = cpuNs(target.child.pid);
  const begunMs = performance.now();
  await converse(good, { start: { port: target.port, connections: clients, perSecond } } satisfies GoodOrder);
  await meanwhile();
  const result = (await converse(good, { stop: true } satisfies GoodOrder)) as GoodResult;
  const cpuMs = (cpuNs(target.child.pid) - cpuBefore) / 1e6;
  return [result, cpuMs / ((performance.now() - begunMs) / 1000)];
}

/** Each change at its time, whether the one before was slow or not. */
async function changeOften(
  { seconds }: Bench,
  { change }: Subject,
  obeyedMs: number[],
  problems: string[],
): Promise<void> {
  const begunMs = performance.now();
  const running: Promise<void>[] = [];
  for (let at = 0; at < seconds * CHANGES_PER_SECOND; at++) {
    await delay(Math.max(0, begunMs + (at * 1000) / CHANGES_PER_SECOND - performance.now()));
    const done = change?.(at) ?? Promise.reject(new Error('it cannot be changed'));
    running.push(
      done.then(
        (ms) => void obeyedMs.push(ms),
        (error: unknown) => void problems.push(String(error)),
      ),
    );
  }
  await Promise.all(running);
}

async function floodOnce(
  { seconds }: Bench,
  { adminPort, figures, token }: Subject,
  part: 'reads' | 'guesses',
): Promise<ReadonlyMap<number, number>> {
  const guess = (): string => `eb_${randomBytes(32).toString('base64url')}`;
  const shown = part === 'reads' ? () => token : guess;
  const { statuses } = await flood(adminPort, { path: figures, token: shown, perSecond: FLOOD_PER_SECOND, seconds });
  return statuses;
}
