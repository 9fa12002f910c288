/** Chat completions as server-sent events, as Ollama, vLLM and llama.cpp speak them. https://platform.openai.com/docs/api-reference/chat/streaming */
import type { ModelStep } from '../model-server.ts';
import { halves } from './halves.ts';

export function chatEvents({ says = '', calls = [] }: ModelStep, turn: number): string[] {
  const parts: string[] = [chunk(turn, { role: 'assistant', content: '' }, null)];
  if (says !== '') for (const content of halves(says)) parts.push(chunk(turn, { content }, null));
  calls.forEach(({ name, input }, index) => {
    const [first = '', ...rest] = halves(JSON.stringify(input));
    const call = { index, id: `call_${turn}_${index}`, type: 'function', function: { name, arguments: first } };
    parts.push(chunk(turn, { tool_calls: [call] }, null));
    for (const more of rest) parts.push(chunk(turn, { tool_calls: [{ index, function: { arguments: more } }] }, null));
  });
  parts.push(chunk(turn, {}, calls.length > 0 ? 'tool_calls' : 'stop'));
  parts.push(
    data({ ...frame(turn), choices: [], usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 } }),
  );
  parts.push('data: [DONE]\n\n');
  return parts;
}

const frame = (turn: number) => ({ id: `chat_${turn}`, object: 'chat.completion.chunk', created: 1, model: 'fake' });

function chunk(turn: number, delta: object, finish: string | null): string {
  return data({ ...frame(turn), choices: [{ index: 0, delta, finish_reason: finish }] });
}

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
