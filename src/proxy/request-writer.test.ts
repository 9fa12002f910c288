import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HalfSipHash } from '#core/math/half-sip-hash.ts';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import { prepareEdits } from './header-edits.ts';
import { ListenerState } from './plan-state.ts';
import { RequestIds } from './request-ids.ts';
import { upgradeAllowed } from './request-rules.ts';
import { RequestWriter } from './request-writer.ts';
import { Tracing } from './tracing.ts';

const limits = { headerBytes: 32768, headerCount: 100, targetBytes: 8192 };
const NO_EDITS = { remove: [], set: [], add: [] };

interface Options {
  readonly strip?: number;
  readonly trusted?: boolean;
  readonly edits?: Parameters<typeof prepareEdits>[0];
  readonly peer?: string;
}

/** The head as the backend gets it, one entry a line, generated ids replaced by `ID` and `TRACE`. */
function rewrite(raw: string, options: Options = {}): string[] {
  const buf = Buffer.from(raw, 'latin1');
  const head = new RequestHead(100);
  const end = parseRequestHead(buf, 0, buf.length, head, limits);
  assert.ok(end > 0, `the request must be valid: ${end}`);
  const peer = options.peer ?? '203.0.113.7';
  const listener = new ListenerState(
    {
      name: 'l',
      address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      tls: null,
      proxyProtocol: false,
      trustedProxies: options.trusted === true ? [`${peer}/32`] : [],
      limits: { connections: 0, bodyBytes: 0, bodyBytesPerSecond: 0, ...limits },
      timeouts: { headerMs: 0, bodyMs: 0, idleMs: 0, writeMs: 0 },
    },
    0,
    new HalfSipHash(1, 2),
  );
  const client = listener.factsOf(peer);
  const target = {
    stripBytes: options.strip ?? 0,
    authority: Buffer.from('backend:3000'),
    edits: prepareEdits(options.edits ?? NO_EDITS),
  };
  const ids = new RequestIds();
  const tracing = new Tracing(ids);
  const writer = new RequestWriter(ids, tracing);
  tracing.enter(buf, head.fields, { facts: client, peer: { remotePort: 1 } });
  const into = Buffer.alloc(writer.bytesFor(head, client, target));
  const to = writer.write(buf, head, client, target, into, 0);
  const text = into.toString('latin1', 0, to);
  assert.ok(text.endsWith('\r\n\r\n'));
  return text
    .slice(0, -4)
    .replace(into.toString('latin1', writer.idStart, writer.idEnd), 'ID')
    .replace(/00-[0-9a-f]{32}-[0-9a-f]{16}-00/, 'TRACE')
    .split('\r\n');
}

const ADDED = [
  'x-forwarded-for: 203.0.113.7',
  'x-forwarded-proto: http',
  'via: 1.1 edgebalancer',
  'x-forwarded-host: a.example',
  'x-request-id: ID',
  'traceparent: TRACE',
];

test('a plain request goes on with what the proxy adds', () => {
  assert.deepEqual(rewrite('GET /proxy/x?q=1 HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n', { strip: 6 }), [
    'GET /x?q=1 HTTP/1.1',
    'Host: a.example',
    'Accept: */*',
    ...ADDED,
  ]);
});

test('a path that is stripped away leaves a slash', () => {
  assert.equal(rewrite('GET /proxy HTTP/1.1\r\nHost: a.example\r\n\r\n', { strip: 6 })[0], 'GET / HTTP/1.1');
  assert.equal(rewrite('GET /proxy?a HTTP/1.1\r\nHost: a.example\r\n\r\n', { strip: 6 })[0], 'GET /?a HTTP/1.1');
});

test('hop-by-hop fields and those that Connection names are taken out (RFC 9110 7.6.1)', () => {
  const lines = rewrite(
    'GET / HTTP/1.1\r\nHost: a.example\r\nKeep-Alive: 5\r\nX-Secret: 1\r\nA: 1\r\nConnection: keep-alive, x-secret\r\nTE: trailers\r\nProxy-Connection: x\r\nB: 2\r\n\r\n',
  );
  assert.deepEqual(lines, ['GET / HTTP/1.1', 'Host: a.example', 'A: 1', 'B: 2', ...ADDED]);
});

test('Connection cannot take away Host or the body length', () => {
  const lines = rewrite(
    'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nConnection: host, content-length\r\n\r\n',
  );
  assert.deepEqual(lines.slice(0, 3), ['POST / HTTP/1.1', 'Host: a.example', 'Content-Length: 3']);
});

test('what an untrusted client says of itself is replaced', () => {
  const lines = rewrite(
    'GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=1.1.1.1\r\nX-Request-Id: mine\r\n\r\n',
  );
  assert.deepEqual(lines, ['GET / HTTP/1.1', 'Host: a.example', ...ADDED]);
});

test('a trusted proxy is believed: its list goes on with its own address behind it', () => {
  const lines = rewrite(
    'GET / HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: first\r\nX-Request-Id: mine\r\n\r\n',
    { trusted: true },
  );
  assert.deepEqual(lines, [
    'GET / HTTP/1.1',
    'Host: a.example',
    'x-forwarded-for: 1.1.1.1, 2.2.2.2, 203.0.113.7',
    'x-forwarded-host: first',
    'x-forwarded-proto: https',
    'via: 1.1 edgebalancer',
    'x-request-id: ID',
    'traceparent: TRACE',
  ]);
});

test("a client's trace goes on", () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const lines = rewrite(`GET / HTTP/1.1\r\nHost: a.example\r\nTraceparent: ${parent}\r\n\r\n`);
  assert.equal(lines.filter((line) => /^traceparent/i.test(line)).join(), `Traceparent: ${parent}`);
});

test("an absolute target's authority replaces Host (RFC 9112 3.2.2)", () => {
  const lines = rewrite('GET http://b.example:81/p?q HTTP/1.1\r\nHost: a.example\r\n\r\n');
  assert.equal(lines[0], 'GET /p?q HTTP/1.1');
  assert.deepEqual(
    lines.filter((line) => /host:/i.test(line)),
    ['host: b.example:81', 'x-forwarded-host: b.example:81'],
  );
});

test('an HTTP/1.0 request becomes 1.1, names the version received, and gets a Host', () => {
  const lines = rewrite('GET / HTTP/1.0\r\n\r\n');
  assert.deepEqual(lines, [
    'GET / HTTP/1.1',
    'host: backend:3000',
    'x-forwarded-for: 203.0.113.7',
    'x-forwarded-proto: http',
    'via: 1.0 edgebalancer',
    'x-request-id: ID',
    'traceparent: TRACE',
  ]);
});

test('Via grows at its end', () => {
  const lines = rewrite('GET / HTTP/1.1\r\nHost: a.example\r\nVia: 1.0 fred\r\n\r\n');
  assert.deepEqual(
    lines.filter((line) => /^via/i.test(line)),
    ['Via: 1.0 fred', 'via: 1.1 edgebalancer'],
  );
});

test('an upgrade goes on with its own Connection field', () => {
  const lines = rewrite('GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  assert.ok(lines.includes('connection: upgrade') && lines.includes('Upgrade: websocket'));
  assert.equal(lines.filter((line) => /^upgrade/i.test(line)).length, 1);
});

test('chunked framing is written anew in its one form', () => {
  const lines = rewrite('POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding:  CHUNKED \r\n\r\n');
  assert.deepEqual(
    lines.filter((line) => /^transfer/i.test(line)),
    ['transfer-encoding: chunked'],
  );
});

test('header edits: remove, set, add', () => {
  const lines = rewrite('GET / HTTP/1.1\r\nHost: a.example\r\nX-A: 1\r\nX-B: 1\r\nX-C: 1\r\n\r\n', {
    edits: { remove: ['x-a'], set: [['x-b', '2']], add: [['x-c', '2']] },
  });
  assert.deepEqual(
    lines.filter((line) => /^x-[abc]:/i.test(line)),
    ['X-C: 1', 'x-b: 2', 'x-c: 2'],
  );
});

test('TRACE and OPTIONS count their hops (RFC 9110 7.6.2); other methods do not', () => {
  const line = (method: string, value: string): string =>
    rewrite(`${method} / HTTP/1.1\r\nHost: a.example\r\nMax-Forwards: ${value}\r\n\r\n`)
      .filter((text) => /^max-forwards/i.test(text))
      .join();
  assert.equal(line('OPTIONS', '7'), 'max-forwards: 6');
  assert.equal(line('TRACE', '1'), 'max-forwards: 0');
  assert.equal(line('GET', '7'), 'Max-Forwards: 7');
});

test('a field that only looks like a framing field is not passed on', () => {
  const lines = rewrite(
    'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\nContent_Length: 9\r\nTransfer_Encoding: chunked\r\n\r\n',
  );
  assert.ok(!lines.some((line) => line.includes('_')));
});

test('OPTIONS on an absolute target without a path asks about the server itself (RFC 9112 3.2.4)', () => {
  assert.equal(rewrite('OPTIONS http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n')[0], 'OPTIONS * HTTP/1.1');
  assert.equal(rewrite('OPTIONS http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n')[0], 'OPTIONS / HTTP/1.1');
  assert.equal(rewrite('GET http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n')[0], 'GET / HTTP/1.1');
});

test('an upgrade to another HTTP or to TLS is not passed on', () => {
  const allowed = (lines: string): boolean => {
    const buf = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n${lines}\r\n`, 'latin1');
    const head = new RequestHead(100);
    assert.ok(parseRequestHead(buf, 0, buf.length, head, limits) > 0);
    return upgradeAllowed(buf, head);
  };
  for (const one of ['websocket', 'SPDY/3.1', 'tcp']) assert.equal(allowed(`Upgrade: ${one}\r\n`), true, one);
  for (const one of ['h2c', 'H2C', 'h2', 'HTTP/2.0', 'websocket, h2c', 'websocket,TLS/1.2'])
    assert.equal(allowed(`Upgrade: ${one}\r\n`), false, one);
  assert.equal(allowed('Upgrade: websocket\r\nUpgrade: h2c\r\n'), false);
});

test('a route that sets Host sets the only one, whatever form the target has', () => {
  const edits = { remove: [], set: [['host', 'inner']] as [string, string][], add: [] };
  for (const raw of [
    'GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n',
    'GET / HTTP/1.0\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n',
  ]) {
    assert.deepEqual(
      rewrite(raw, { edits }).filter((line) => /^host:/i.test(line)),
      ['host: inner'],
    );
  }
});
