import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseHead, parseResponseHead } from '#http1/response-head.ts';
import { prepareEdits } from './header-edits.ts';
import { DateLine, writeInterimHead, writeResponseHead, type AnswerFrame } from './response-writer.ts';
import { Staging } from './staging.ts';

const NO_EDITS = { remove: [], set: [], add: [] };
const PLAIN: AnswerFrame = { chunked: false, keepLength: true, connection: '' };
const DATED = 'Date: Mon, 23 Nov 2026 20:00:00 GMT\r\n';

function parse(raw: string): { buf: Buffer; head: ResponseHead } {
  const buf = Buffer.from(raw, 'latin1');
  const head = new ResponseHead(100);
  const end = parseResponseHead(buf, 0, buf.length, head, { headerBytes: 65536, headerCount: 100, targetBytes: 0 });
  assert.ok(end > 0, `the answer must be valid: ${end}`);
  return { buf, head };
}

function rewrite(
  raw: string,
  frame: AnswerFrame = PLAIN,
  edits: Parameters<typeof prepareEdits>[0] = NO_EDITS,
): string[] {
  const { buf, head } = parse(raw);
  const staging = new Staging();
  const prepared = prepareEdits(edits);
  const id = Buffer.from('0123456789', 'latin1');
  const end = writeResponseHead(
    buf,
    head,
    frame,
    id,
    4,
    prepared,
    new DateLine(),
    staging.reserve(head, prepared, 0),
    0,
  );
  const text = staging.buffer.toString('latin1', 0, end);
  assert.ok(text.endsWith('\r\n\r\n'));
  return text.slice(0, -4).split('\r\n');
}

test("the backend's fields pass, with the request id behind them", () => {
  assert.deepEqual(
    rewrite(`HTTP/1.1 200 All fine\r\n${DATED}Content-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n`),
    [
      'HTTP/1.1 200 All fine',
      'Date: Mon, 23 Nov 2026 20:00:00 GMT',
      'Content-Length: 2',
      'Set-Cookie: a',
      'Set-Cookie: b',
      'x-request-id: 0123',
    ],
  );
});

test('hop-by-hop fields, those that Connection names, and an older request id are taken out', () => {
  const raw = `HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=5\r\n${DATED}X-Hop: 1\r\nX-Stay: 1\r\nX-Request-Id: theirs\r\nProxy-Connection: x\r\nContent-Length: 0\r\n\r\n`;
  assert.deepEqual(rewrite(raw), [
    'HTTP/1.1 200 OK',
    'Date: Mon, 23 Nov 2026 20:00:00 GMT',
    'X-Stay: 1',
    'Content-Length: 0',
    'x-request-id: 0123',
  ]);
});

test('the answer is HTTP/1.1 whatever the backend speaks, and an empty reason stays empty', () => {
  assert.equal(rewrite(`HTTP/1.0 204 \r\n${DATED}\r\n`)[0], 'HTTP/1.1 204 ');
});

test('a status line without the space before an absent reason is written anew', () => {
  assert.equal(rewrite(`HTTP/1.1 200\r\n${DATED}\r\n`)[0], 'HTTP/1.1 200 ');
  assert.equal(rewrite(`HTTP/1.1 200 \r\n${DATED}\r\n`)[0], 'HTTP/1.1 200 ');
});

test('what is dropped right behind a status line that passes as it is leaves no trace', () => {
  const lines = rewrite(`HTTP/1.1 404 Not here\r\nConnection: keep-alive\r\n${DATED}\r\n`);
  assert.deepEqual(lines, ['HTTP/1.1 404 Not here', DATED.trim(), 'x-request-id: 0123']);
});

test('edits tell names of 1 and of 33 letters apart, whatever their case', () => {
  const long = 'x'.repeat(33);
  const raw = `HTTP/1.1 200 OK\r\n${DATED}X: 1\r\n${long.toUpperCase()}: 2\r\n${'y'.repeat(33)}: 3\r\n${'x'.repeat(65)}: 4\r\n\r\n`;
  const left = (remove: string[]): string =>
    rewrite(raw, PLAIN, { ...NO_EDITS, remove })
      .slice(2, -1)
      .join();
  assert.equal(left([long]), `X: 1,${'y'.repeat(33)}: 3,${'x'.repeat(65)}: 4`);
  assert.equal(left(['x']), `${long.toUpperCase()}: 2,${'y'.repeat(33)}: 3,${'x'.repeat(65)}: 4`);
});

test('a missing Date is added (RFC 9110 6.6.1)', () => {
  const date = rewrite('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').find((line) => line.startsWith('date: '));
  assert.ok(date !== undefined && Math.abs(Date.parse(date.slice(6)) - Date.now()) < 5000);
});

test('framing and connection follow the frame', () => {
  const raw = `HTTP/1.1 200 OK\r\n${DATED}Content-Length: 2\r\n\r\n`;
  assert.ok(!rewrite(raw, { ...PLAIN, keepLength: false }).some((line) => /content-length/i.test(line)));
  assert.ok(rewrite(raw, { ...PLAIN, chunked: true }).includes('transfer-encoding: chunked'));
  assert.ok(rewrite(raw, { ...PLAIN, connection: 'close' }).includes('connection: close'));
  assert.ok(rewrite(raw, { ...PLAIN, connection: 'keep-alive' }).includes('connection: keep-alive'));
});

test('header edits: remove, set, add', () => {
  const lines = rewrite(`HTTP/1.1 200 OK\r\n${DATED}Server: x\r\nA: 1\r\nB: 1\r\nContent-Length: 0\r\n\r\n`, PLAIN, {
    remove: ['server'],
    set: [['a', '2']],
    add: [['b', '2']],
  });
  assert.deepEqual(lines.slice(-5), ['B: 1', 'Content-Length: 0', 'x-request-id: 0123', 'a: 2', 'b: 2']);
});

test('an interim answer passes with its own fields alone', () => {
  const { buf, head } = parse('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\n\r\n');
  const into = Buffer.alloc(200);
  const end = writeInterimHead(buf, head, into, 0);
  assert.equal(into.toString('latin1', 0, end), 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
});

test('staging grows for a large head and takes a small body behind it', () => {
  const staging = new Staging();
  const { head, buf } = parse(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(60_000)}\r\n${DATED}\r\n`);
  staging.end = writeResponseHead(
    buf,
    head,
    PLAIN,
    Buffer.alloc(0),
    0,
    prepareEdits(NO_EDITS),
    new DateLine(),
    staging.reserve(head, null, 0),
    0,
  );
  const before = staging.end;
  assert.equal(staging.append(Buffer.from('body'), 0, 4), true);
  assert.equal(staging.buffer.toString('latin1', before, staging.end), 'body');
  assert.equal(staging.append(Buffer.alloc(100_000), 0, 100_000), false, 'a large body is written from where it is');
});
