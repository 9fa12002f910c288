/** Anthropic's messages as server-sent events. https://docs.anthropic.com/en/docs/build-with-claude/streaming */
import type { ModelStep } from '../model-server.ts';
import { halves } from './halves.ts';

export function anthropicEvents({ says = '', calls = [] }: ModelStep, turn: number): string[] {
  const parts: string[] = [
    event('message_start', {
      message: {
        id: `msg_${turn}`,
        type: 'message',
        role: 'assistant',
        model: 'fake',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 100, output_tokens: 1 },
      },
    }),
  ];
  let index = 0;
  if (says !== '') {
    parts.push(event('content_block_start', { index, content_block: { type: 'text', text: '' } }));
    for (const text of halves(says))
      parts.push(event('content_block_delta', { index, delta: { type: 'text_delta', text } }));
    parts.push(event('content_block_stop', { index }));
    index += 1;
  }
  for (const { name, input } of calls) {
    const block = { type: 'tool_use', id: `toolu_${turn}_${index}`, name, input: {} };
    parts.push(event('content_block_start', { index, content_block: block }));
    for (const json of halves(JSON.stringify(input)))
      parts.push(event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: json } }));
    parts.push(event('content_block_stop', { index }));
    index += 1;
  }
  const stop = calls.length > 0 ? 'tool_use' : 'end_turn';
  parts.push(
    event('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 20 } }),
    event('message_stop', {}),
  );
  return parts;
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
