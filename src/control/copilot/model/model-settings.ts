/** What a model may cost, in time, steps, tokens and money; as the section `copilot` of the configuration says it. */
import type { CopilotProvider } from '#contract/copilot.ts';

export interface ModelSettings {
  readonly provider: Exclude<CopilotProvider, 'builtin'>;
  readonly model: string;
  /** Null: the provider's own. */
  readonly baseUrl: string | null;
  /** Milliseconds for a whole answer, all its steps and tools. */
  readonly timeoutMs: number;
  /** Times that the model is asked in one answer: it is asked again with what its tools have returned. */
  readonly steps: number;
  /** Tokens of one step's words. */
  readonly outputTokens: number;
  /** Tokens in and out, all answers of a day (UTC) together. */
  readonly tokensPerDay: number;
  /** Of a million tokens, in any currency; null: money is not watched. */
  readonly price: { readonly input: number; readonly output: number } | null;
  /** In that currency, of a day; null: no limit. */
  readonly costPerDay: number | null;
}
