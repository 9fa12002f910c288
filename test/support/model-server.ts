/**
 * Servers that speak the wire protocols of model providers, and say what a test has written down: Anthropic's messages, OpenAI's
 * responses, chat completions of servers that are compatible with it, and Amazon Bedrock's converse stream in its binary framing.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { anthropicEvents } from './model-wire/anthropic.ts';
import { bedrockFrames } from './model-wire/bedrock.ts';
import { chatEvents } from './model-wire/chat.ts';
import { responsesEvents } from './model-wire/responses.ts';

/** What the model does in one step: it says something, and uses tools or ends. */
export interface ModelStep {
  readonly says?: string;
  readonly calls?: readonly { readonly name: string; readonly input: unknown }[];
}

export type ModelTrouble =
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  /** It takes the request and never answers. */
  | { readonly kind: 'stall' }
  /** It breaks off after half of the answer. */
  | { readonly kind: 'cut' };

export interface AskedOfModel {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ModelServer {
  readonly url: string;
  readonly asked: readonly AskedOfModel[];
}

const WIRES = {
  anthropic: { type: 'text/event-stream', encode: anthropicEvents },
  openai: { type: 'text/event-stream', encode: responsesEvents },
  'openai-compatible': { type: 'text/event-stream', encode: chatEvents },
  bedrock: { type: 'application/vnd.amazon.eventstream', encode: bedrockFrames },
} as const;
export type Wire = keyof typeof WIRES;

/** One step for each request; the last is said again when there are more. */
export async function startModel(
  t: Pick<TestContext, 'after'>,
  wire: Wire,
  steps: readonly ModelStep[],
  trouble: ModelTrouble | null = null,
): Promise<ModelServer> {
  const asked: AskedOfModel[] = [];
  const server = createServer((request, response) => {
    void collect(request).then((body) => {
      asked.push({ path: request.url ?? '', headers: request.headers, body });
      answer(response, wire, steps[Math.min(asked.length, steps.length) - 1] ?? {}, asked.length, trouble);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function answer(
  response: ServerResponse,
  wire: Wire,
  step: ModelStep,
  turn: number,
  trouble: ModelTrouble | null,
): void {
  if (trouble?.kind === 'stall') return;
  if (trouble?.kind === 'status') {
    response.writeHead(trouble.status, { 'content-type': 'application/json' }).end(trouble.body);
    return;
  }
  const { type, encode } = WIRES[wire];
  const parts = encode(step, turn);
  response.writeHead(200, { 'content-type': type });
  if (trouble?.kind === 'cut') {
    for (const part of parts.slice(0, Math.ceil(parts.length / 2))) response.write(part);
    setImmediate(() => response.destroy());
    return;
  }
  for (const part of parts) response.write(part);
  response.end();
}

async function collect(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) text += part.toString();
  return text;
}
