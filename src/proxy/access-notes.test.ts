import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import { putLine } from '#observe/access-line.ts';
import { ExchangeNotes } from '#observe/exchange-notes.ts';
import { noteEnd, noteRequest } from './access-notes.ts';
import { prepareEdits } from './header-edits.ts';
import { RequestIds } from './request-ids.ts';
import { RequestWriter, type ClientFacts } from './request-writer.ts';
import { Tracing } from './tracing.ts';

const LIMITS = { headerBytes: 32_768, headerCount: 100, targetBytes: 8192 };
const head = new RequestHead(100);
const notes = new ExchangeNotes();
const facts: ClientFacts = {
  trusted: false,
  forwardedLines: Buffer.from('via: 1.1 edgebalancer\r\n'),
  address: Buffer.from('192.0.2.7'),
  scheme: Buffer.from('http'),
  secure: false,
  identityLow: 0,
  identityHigh: 0,
  proxies: null,
};

/** The line of a request, as far as its head and the head for the backend say. */
function noted(text: string): Record<string, unknown> {
  // Something stands in front, as it does when requests are pipelined.
  const buf = Buffer.from(`xx${text}\r\n\r\n`, 'latin1');
  assert.ok(parseRequestHead(buf, 2, buf.length, head, LIMITS) > 0, text);
  noteRequest(notes, buf, head, facts, 'public', 10);
  const ids = new RequestIds();
  const tracing = new Tracing(ids);
  const writer = new RequestWriter(ids, tracing);
  tracing.enter(buf, head.fields, { facts, peer: { remotePort: 1 } });
  const out = Buffer.alloc(4096);
  const edits = prepareEdits({ remove: [], set: [], add: [] });
  const end = writer.write(buf, head, facts, { stripBytes: 0, authority: Buffer.from('b:1'), edits }, out, 0);
  notes.trace(tracing.context);
  const ended = { pool: null, status: 200, requestId: out, requestIdLength: 0 };
  noteEnd(notes, ended, 'app', 'b', 0, text.length + 4, 7);
  buf.fill(0);
  const sent = /traceparent: 00-([0-9a-f]{32})-/.exec(out.toString('latin1', 0, end))?.[1];
  const line = Buffer.alloc(4096);
  const parsed = JSON.parse(line.toString('utf8', 0, putLine(line, 0, notes, 0, 1))) as Record<string, unknown>;
  assert.equal(parsed['traceId'], sent, 'the line and the backend name the same trace');
  return parsed;
}

test('method, target, host, user agent and protocol are those of the request', () => {
  const text =
    'PUT /a?b HTTP/1.1\r\nAccept: */*\r\nHost: example.com:8080\r\nX-User-Agent: no\r\nUSER-AGENT: yes/1.0\r\nUser-Agent: second';
  const { client, listener, method, target, host, userAgent, protocol, bytesIn } = noted(text);
  assert.deepEqual(
    { client, listener, method, target, host, userAgent, protocol, bytesIn },
    {
      client: '192.0.2.7',
      listener: 'public',
      method: 'PUT',
      target: '/a?b',
      host: 'example.com:8080',
      userAgent: 'yes/1.0',
      protocol: 'HTTP/1.1',
      bytesIn: text.length + 4,
    },
  );
});

test('what a request does not say is left out', () => {
  const line = noted('GET / HTTP/1.0');
  assert.equal(line['protocol'], 'HTTP/1.0');
  assert.deepEqual([line['host'], line['userAgent']], [undefined, undefined]);
});

test('an absolute target names its own host', () => {
  const { target, host } = noted('GET http://other:1/x HTTP/1.1\r\nHost: ignored');
  assert.deepEqual([target, host], ['http://other:1/x', 'other:1']);
});

test('a trace goes on from whoever began it, and begins here otherwise', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const carried = noted(`GET / HTTP/1.1\r\nHost: x\r\ntraceparent: 00-${trace}-b7ad6b7169203331-01`);
  assert.equal(carried['traceId'], trace);
  assert.match(noted('GET / HTTP/1.1\r\nHost: x')['traceId'] as string, /^[0-9a-f]{32}$/);
});

test('credentials are nowhere in a line', () => {
  const line = noted(
    'GET /?access_token=s3cr3t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer s3cr3t\r\nCookie: a=s3cr3t\r\nProxy-Authorization: s3cr3t\r\nReferer: /?k=s3cr3t',
  );
  assert.doesNotMatch(JSON.stringify(line), /s3cr3t/);
});
