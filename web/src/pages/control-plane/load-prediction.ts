/** Asks the simulator what a change would do to latency and errors. Every answer is one, even that it cannot say. */
import type { SimulateAnswer, SimulatedChange } from '#contract/simulate.ts';
import { isAbort, send } from '../../data/client.ts';
import { asFault } from '../../data/fault.ts';

export type LoadPrediction =
  | { readonly kind: 'known'; readonly answer: SimulateAnswer & { readonly then: object } }
  /** Why there is none, in a sentence. */
  | { readonly kind: 'none'; readonly why: string };

/** Rejects only when `signal` aborts. */
export async function predictLoad(
  pool: string,
  changes: readonly SimulatedChange[],
  signal: AbortSignal,
): Promise<LoadPrediction> {
  try {
    const reply = await send('POST', 'admin/simulate', { body: { pool, changes }, signal });
    const answer = (await reply.json()) as SimulateAnswer;
    if (answer.then === null) return { kind: 'none', why: 'The simulator has nothing to say of this change.' };
    return { kind: 'known', answer: { ...answer, then: answer.then } };
  } catch (thrown) {
    if (isAbort(thrown) || signal.aborted) throw thrown;
    const { status, message } = asFault(thrown);
    return { kind: 'none', why: WHY[status] ?? message };
  }
}

/** Where the answer's own words would say less to who reads them here. */
const WHY: Readonly<Record<number, string>> = {
  404: 'This EdgeBalancer cannot simulate.',
  405: 'This EdgeBalancer cannot simulate.',
};
