/**
 * The strict reading of a sequence, written a second time from RFC 9110, RFC 9112 and the codec's documented stricter
 * rules, with strings and regular expressions; it shares no code with src/http1. Where test/support/strict-message.ts
 * reads what it can and notes flaws, this says for any bytes: whole, open, or refused.
 */
import { readChunked } from './oracle-chunked.ts';
import { readHead, type Head } from './oracle-heads.ts';
import type { MessageRead, Reading, Sequence } from './sequence.ts';

type Framing = MessageRead['framing'];

export function strictReading({ text, reads, method }: Sequence): Reading {
  const messages: MessageRead[] = [];
  for (let at = 0; at < text.length;) {
    const head = readHead(text, at, reads);
    if (head === 'open' || head === 'refused') return { verdict: head, messages, fault: 0 };
    const framing = reads === 'requests' ? requestFraming(head) : responseFraming(head, method);
    const message = begun(head, framing);
    messages.push(message);
    const verdict = readBody(text, head, message);
    if (verdict !== 'whole') return { verdict, messages, fault: 0 };
    if (endsHere(head, reads, method)) return { verdict: 'ended', messages, fault: 0 };
    at = message.end;
  }
  return { verdict: 'whole', messages, fault: 0 };
}

/** RFC 9112, section 6.3, for heads in which at most one field frames. After CONNECT comes another protocol. */
function requestFraming({ startLine, length, chunked }: Head): Framing {
  if (startLine[0] === 'CONNECT') return 'none';
  return chunked ? 'chunked' : length > 0 ? 'length' : 'none';
}

function responseFraming(head: Head, method: string): Framing {
  const status = head.startLine[1] as string;
  if (/^1|^204$|^304$/.test(status) || method === 'HEAD' || isTunnel(status, method)) return 'none';
  if (head.chunked) return 'chunked';
  return head.length > 0 ? 'length' : head.length === 0 ? 'none' : 'close';
}

function isTunnel(status: string, method: string): boolean {
  return method === 'CONNECT' && status.startsWith('2');
}

/** Whether what follows a whole message is not to be read as another. */
function endsHere(head: Head, reads: Sequence['reads'], method: string): boolean {
  if (head.closes) return true;
  if (reads === 'requests') return head.upgrade || head.startLine[0] === 'CONNECT';
  const status = head.startLine[1] as string;
  return status === '101' || isTunnel(status, method);
}

function begun(head: Head, framing: Framing): MessageRead {
  const [first, second, third] = head.startLine;
  let lines = `${first} ${second} ${third}`;
  for (const [name, value] of head.fields) lines += `\n${name}:${value}`;
  return {
    head: lines,
    facts: head.facts,
    keepAlive: !head.closes && framing !== 'close',
    upgrade: head.upgrade || first === 'CONNECT',
    framing,
    start: head.start,
    headEnd: head.end,
    payload: '',
    payloadBytes: 0,
    sent: '',
    complete: false,
    end: head.end,
  };
}

function readBody(text: string, head: Head, message: MessageRead): Reading['verdict'] {
  const { framing } = message;
  if (framing === 'chunked') {
    const body = readChunked(text, head.end);
    message.payload = body.payload;
    message.payloadBytes = body.payload.length;
    message.sent = body.sent;
    message.end = body.end;
    message.complete = body.verdict === 'whole';
    return body.verdict;
  }
  const wanted = framing === 'none' ? 0 : framing === 'length' ? head.length : Infinity;
  message.payload = text.slice(head.end, head.end + wanted);
  message.payloadBytes = message.payload.length;
  message.end = head.end + message.payloadBytes;
  message.complete = framing === 'close' || message.payloadBytes === wanted;
  if (framing === 'close') return 'ended';
  return message.complete ? 'whole' : 'open';
}
