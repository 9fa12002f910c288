/**
 * Amazon Bedrock's ConverseStream in AWS's binary framing: length, length of headers, their CRC, headers, payload, CRC.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html (the framing), Bedrock's API reference (the events)
 */
import { crc32 } from 'node:zlib';
import type { ModelStep } from '../model-server.ts';
import { halves } from './halves.ts';

export function bedrockFrames({ says = '', calls = [] }: ModelStep, turn: number): Buffer[] {
  const parts: Buffer[] = [frame('messageStart', { role: 'assistant' })];
  let contentBlockIndex = 0;
  if (says !== '') {
    for (const text of halves(says)) parts.push(frame('contentBlockDelta', { contentBlockIndex, delta: { text } }));
    parts.push(frame('contentBlockStop', { contentBlockIndex }));
    contentBlockIndex += 1;
  }
  for (const { name, input } of calls) {
    const toolUse = { toolUseId: `tool_${turn}_${contentBlockIndex}`, name };
    parts.push(frame('contentBlockStart', { contentBlockIndex, start: { toolUse } }));
    for (const json of halves(JSON.stringify(input)))
      parts.push(frame('contentBlockDelta', { contentBlockIndex, delta: { toolUse: { input: json } } }));
    parts.push(frame('contentBlockStop', { contentBlockIndex }));
    contentBlockIndex += 1;
  }
  parts.push(frame('messageStop', { stopReason: calls.length > 0 ? 'tool_use' : 'end_turn' }));
  const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120 };
  parts.push(frame('metadata', { usage, metrics: { latencyMs: 5 } }));
  return parts;
}

const TEXT_HEADER = 7;

function frame(type: string, payload: object): Buffer {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const total = 16 + headers.length + body.length;
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(total, 0);
  prelude.writeUInt32BE(headers.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const whole = Buffer.concat([prelude, headers, body]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(whole), 0);
  return Buffer.concat([whole, end]);
}

function header(name: string, value: string): Buffer {
  const [key, text] = [Buffer.from(name), Buffer.from(value)];
  const head = Buffer.alloc(1 + key.length + 3);
  head.writeUInt8(key.length, 0);
  key.copy(head, 1);
  head.writeUInt8(TEXT_HEADER, 1 + key.length);
  head.writeUInt16BE(text.length, 2 + key.length);
  return Buffer.concat([head, text]);
}
