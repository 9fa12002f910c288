/**
 * What models have been asked for today. A day is one of UTC; a start of the process begins it anew, so the limits are those of a
 * process. They are looked at before a question, so one answer may go over them, by `steps` times `outputTokens` at most and what
 * tools return.
 */
import type { TokensUsed } from '#contract/copilot.ts';
import type { ModelSettings } from './model-settings.ts';

const DAY_MS = 86_400_000;
const MILLION = 1e6;

type Limits = Pick<ModelSettings, 'tokensPerDay' | 'price' | 'costPerDay'>;

export class Spending {
  #day = -1;
  #tokens = 0;
  #cost = 0;

  /** Null: another question may be asked; else which limit is reached. */
  refusal({ tokensPerDay, costPerDay }: Limits, wallMs: number): string | null {
    this.#turn(wallMs);
    if (this.#tokens >= tokensPerDay) return `the ${tokensPerDay} tokens of today are used (copilot.tokensPerDay)`;
    if (costPerDay !== null && this.#cost >= costPerDay) return `today's money is spent (copilot.costPerDay)`;
    return null;
  }

  add({ input, output }: TokensUsed, { price }: Limits, wallMs: number): void {
    this.#turn(wallMs);
    this.#tokens += input + output;
    if (price !== null) this.#cost += (input * price.input + output * price.output) / MILLION;
  }

  #turn(wallMs: number): void {
    const day = Math.floor(wallMs / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#tokens = this.#cost = 0;
  }
}
