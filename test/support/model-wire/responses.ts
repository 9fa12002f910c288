/** OpenAI's responses as server-sent events. https://platform.openai.com/docs/api-reference/responses-streaming */
import type { ModelStep } from '../model-server.ts';
import { halves } from './halves.ts';

export function responsesEvents({ says = '', calls = [] }: ModelStep, turn: number): string[] {
  const response = { id: `resp_${turn}`, object: 'response', created_at: 1, model: 'fake', service_tier: null };
  const parts: string[] = [event('response.created', { response })];
  let index = 0;
  if (says !== '') {
    const id = `msg_${turn}`;
    parts.push(event('response.output_item.added', { output_index: index, item: { type: 'message', id } }));
    for (const delta of halves(says))
      parts.push(event('response.output_text.delta', { item_id: id, output_index: index, content_index: 0, delta }));
    parts.push(event('response.output_item.done', { output_index: index, item: { type: 'message', id } }));
    index += 1;
  }
  for (const { name, input } of calls) {
    const text = JSON.stringify(input);
    const item = { type: 'function_call', id: `fc_${turn}_${index}`, call_id: `call_${turn}_${index}`, name };
    parts.push(event('response.output_item.added', { output_index: index, item: { ...item, arguments: '' } }));
    for (const delta of halves(text))
      parts.push(event('response.function_call_arguments.delta', { item_id: item.id, output_index: index, delta }));
    parts.push(
      event('response.output_item.done', {
        output_index: index,
        item: { ...item, arguments: text, status: 'completed' },
      }),
    );
    index += 1;
  }
  const usage = { input_tokens: 100, output_tokens: 20 };
  parts.push(event('response.completed', { response: { ...response, incomplete_details: null, usage } }));
  return parts;
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
