/**
 * Asks the simulator what a change would do to latency and errors. Every answer is one, even that it cannot say.
 *
 * The server runs one simulation for each who asks, and a few for all: so they are asked here one after another, and one that
 * is refused because others are under way is asked again a few times before it counts as an answer.
 */
import type { SimulateAnswer, SimulatedChange } from '#contract/simulate.ts';
import { isAbort, send } from '../../data/client.ts';
import { asFault } from '../../data/fault.ts';

export type LoadPrediction =
  | { readonly kind: 'known'; readonly answer: SimulateAnswer & { readonly then: object } }
  /** Why there is none, in a sentence. */
  | { readonly kind: 'none'; readonly why: string };

/** Refused because others are under way. */
const BUSY = new Set([429, 503]);
/** A simulation ends within seconds; what has not begun by then is not worth a longer wait. */
const TRIES_MAX = 5;
const AGAIN_MS = 1_000;

/** Settles when what was asked before has been answered; it never rejects. */
let before: Promise<unknown> = Promise.resolve();

/** Rejects only when `signal` aborts. */
export function predictLoad(
  pool: string,
  changes: readonly SimulatedChange[],
  signal: AbortSignal,
): Promise<LoadPrediction> {
  const answer = before.then(() => asked(pool, changes, signal));
  before = answer.catch(() => undefined);
  return answer;
}

async function asked(pool: string, changes: readonly SimulatedChange[], signal: AbortSignal): Promise<LoadPrediction> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      const reply = await send('POST', 'admin/simulate', { body: { pool, changes }, signal });
      const answer = (await reply.json()) as SimulateAnswer;
      if (answer.then === null) return { kind: 'none', why: 'The simulator has nothing to say of this change.' };
      return { kind: 'known', answer: { ...answer, then: answer.then } };
    } catch (thrown) {
      if (isAbort(thrown) || signal.aborted) throw thrown;
      const { status, message } = asFault(thrown);
      if (!BUSY.has(status) || tries === TRIES_MAX) return { kind: 'none', why: whyNot(status, message, pool) };
      await pause(signal);
    }
  }
}

/** Ends early when nobody waits any more. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, AGAIN_MS);
    const early = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener('abort', early, { once: true });
  });
}

/** The answer's own words, unless they would say less, or something else, to who reads them here. */
function whyNot(status: number, message: string, pool: string): string {
  if (status === 404 || status === 405) return 'This EdgeBalancer cannot simulate.';
  if (status === 409) return `Too little has been measured of ${pool} in the past five minutes.`;
  return message;
}
