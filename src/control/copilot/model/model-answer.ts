/**
 * A question answered by a model: it is given tools that read and simulate, and streams what it says. When it has ended, every
 * figure is looked for among what the tools have returned; those that are not there are marked.
 *
 * Bounds: time, steps, tokens of a step, and the size of what one tool returns. Throws when the model cannot be asked or breaks
 * off; whoever asked then has the built-in provider.
 */
import { isStepCount, streamText, tool as sdkTool, type LanguageModel, type ToolSet } from 'ai';
import { z } from 'zod';
import type { CopilotLine, ProposedChange, TokensUsed } from '#contract/copilot.ts';
import { groundingOf } from '#copilot/grounding/uncited.ts';
import { requestOf, type ToolRunner } from '../../tools/tool.ts';
import { TOOLS } from '../../tools/read-tools.ts';
import { INSTRUCTIONS } from './instructions.ts';
import type { ModelSettings } from './model-settings.ts';

/** It would write them to the console, past the log. */
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

/** Characters of what one tool returns to the model: some ten thousand tokens. */
const RESULT_MAX = 40_000;
/** Characters of an answer that are kept for the check; a step's tokens bound it long before. */
const ANSWER_MAX = 100_000;
const PROPOSALS_MAX = 5;
const TRIES = 1;

export interface ModelQuestion {
  readonly question: string;
  readonly model: LanguageModel;
  readonly settings: ModelSettings;
  readonly run: ToolRunner;
  /** ISO 8601. */
  readonly at: string;
  /** Whoever asked has gone. */
  readonly signal: AbortSignal;
  /** Told once, however it ends. */
  readonly onUsed: (used: TokensUsed) => void;
}

export async function* answerByModel(asked: ModelQuestion): AsyncGenerator<CopilotLine> {
  const { question, model, settings, at, signal, onUsed } = asked;
  const sources: unknown[] = [question];
  const proposals: Extract<CopilotLine, { type: 'proposal' }>[] = [];
  const used = { input: 0, output: 0 };
  yield { type: 'begin', provider: settings.provider, model: settings.model, at, question };
  const result = streamText({
    model,
    instructions: INSTRUCTIONS,
    prompt: question,
    tools: { ...readTools(asked.run, sources), propose: proposeTool(proposals) },
    stopWhen: isStepCount(settings.steps),
    maxOutputTokens: settings.outputTokens,
    maxRetries: TRIES,
    abortSignal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]),
    // It comes as a part of the stream as well.
    onError: () => {},
  });
  let said = '';
  try {
    for await (const part of result.stream) {
      switch (part.type) {
        case 'text-delta':
          if (said.length < ANSWER_MAX) said += part.text;
          yield { type: 'delta', text: part.text };
          break;
        case 'tool-call':
          yield { type: 'tool', name: part.toolName };
          break;
        case 'finish-step':
          used.input += part.usage.inputTokens ?? 0;
          used.output += part.usage.outputTokens ?? 0;
          // Steps are apart from each other.
          if (said !== '' && !said.endsWith('\n')) {
            said += '\n';
            yield { type: 'delta', text: '\n' };
          }
          break;
        case 'error':
          throw part.error;
        case 'abort':
          throw new Error(
            signal.aborted ? 'nobody waits for the answer' : `it took longer than ${settings.timeoutMs / 1000} s`,
          );
        default:
      }
    }
  } finally {
    onUsed(used);
  }
  yield* proposals;
  if (said.trim() === '') throw new Error('it said nothing');
  const { uncited } = groundingOf(said, sources);
  yield { type: 'end', answered: true, canAnswer: [], uncited, tokens: used };
}

function readTools(run: ToolRunner, sources: unknown[]): ToolSet {
  return Object.fromEntries(
    TOOLS.map((one) => [
      one.name,
      sdkTool({
        description: one.summary,
        inputSchema: one.input,
        execute: async (input: unknown) => {
          const { status, data } = await run(requestOf(one, input));
          const text = JSON.stringify(data);
          // What was cut off was not shown, so it cannot be quoted.
          if (text.length > RESULT_MAX) {
            const cut = `${text.slice(0, RESULT_MAX)}…`;
            sources.push(cut);
            return { status, cut: `the first ${RESULT_MAX} of ${text.length} characters`, data: cut };
          }
          sources.push(data);
          return { status, data };
        },
      }),
    ]),
  );
}

const change = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('set'),
    set: z
      .array(z.strictObject({ path: z.array(z.string().max(200)).min(1).max(12), value: z.unknown() }))
      .min(1)
      .max(20),
  }),
  z.strictObject({
    kind: z.literal('call'),
    method: z.enum(['PATCH', 'PUT']),
    path: z.string().regex(/^\/admin\/(backends\/[^/]+\/[^/]+|strategy)$/),
    body: z.looseObject({}),
  }),
]);

function proposeTool(proposals: Extract<CopilotLine, { type: 'proposal' }>[]) {
  return sdkTool({
    description:
      'Shows the operator a change to look at and to decide on. kind "set": keys of the configuration, entries of lists by name or id, such as {path:["pools","app","retry","attempts"],value:1}. kind "call": PATCH /admin/backends/POOL/ID {weight} or {state}, PUT /admin/strategy {pool,strategy}.',
    inputSchema: z.strictObject({ says: z.string().max(1000).describe('What it does and why'), change }),
    execute: ({ says, change: proposed }) => {
      if (proposals.length >= PROPOSALS_MAX) return { shown: false, why: `at most ${PROPOSALS_MAX} in one answer` };
      proposals.push({ type: 'proposal', says, change: proposed as ProposedChange });
      return { shown: true };
    },
  });
}
