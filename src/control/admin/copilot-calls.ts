/** What the copilot has found, and its answers to questions. Both only read, so both are a viewer's. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { QUESTION_LENGTH_MAX, type CopilotLine } from '#contract/copilot.ts';
import { json, problem, text } from './answer.ts';
import { copilotAnswer, copilotLine } from './answers-copilot.ts';
import { call, type AnyCall } from './call.ts';
import { problemGiven } from './fields.ts';
import { askWithin } from './within.ts';

const NDJSON = 'application/x-ndjson';
/** An answer without a prediction takes milliseconds. */
const BUSY_RETRY_S = 1;

const question = z.strictObject({
  question: z
    .string()
    .trim()
    .min(1, { error: 'expected a question, such as `Why is p99 high?`' })
    .max(QUESTION_LENGTH_MAX, { error: `expected at most ${QUESTION_LENGTH_MAX} characters` })
    .meta({ description: 'In plain words; GET says what can be looked for' }),
});

export const COPILOT_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/copilot',
    id: 'getCopilot',
    tag: 'Copilot',
    summary: 'What is wrong now and why, what to change, and the evidence',
    access: 'read',
    perReplica: true,
    gives: { 200: { says: 'The findings, the worst first', schema: copilotAnswer } },
    run: async ({ api }) => json(await api.ports.copilot.state()),
  }),
  call({
    method: 'POST',
    path: '/admin/copilot',
    id: 'askCopilot',
    tag: 'Copilot',
    summary: 'A question, answered line by line; one at a time for each who asks',
    access: 'read',
    body: question,
    gives: {
      200: { says: 'One JSON object a line, each of this shape', schema: copilotLine, types: [NDJSON] },
      429: problemGiven(
        'Another question of the same caller is being answered, or too many are; Retry-After says how long to wait',
      ),
    },
    run: (asked) => {
      const { api, body, caller, arrival } = asked;
      const asker = caller.tokenHash ?? arrival.network;
      const lines = api.ports.copilot.ask(body.question, asker, (request) => askWithin(asked, request));
      if (lines === 'busy')
        return problem(429, 'Too many requests', 'A question is being answered already: one at a time.', {
          'retry-after': String(BUSY_RETRY_S),
        });
      const stream = Readable.from(written(lines));
      // Whoever goes away before the first line leaves a generator that never began, and would never say that it has ended.
      stream.once('close', () => api.ports.copilot.leave(asker));
      return text(`${NDJSON}; charset=utf-8`, stream, { 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    },
  }),
];

async function* written(lines: AsyncIterable<CopilotLine>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
