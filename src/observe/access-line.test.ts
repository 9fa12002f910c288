import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FAULT_COUNT, Fault, faultRow } from '#core/fault.ts';
import { OUTCOME_COUNT, OUTCOME_NAMES, Outcome } from '#core/outcome.ts';
import { LINE_BYTES_MAX, putDropped, putLine } from './access-line.ts';
import { ATTEMPTS_MAX, ExchangeNotes } from './exchange-notes.ts';
import { TraceContext } from './trace-context.ts';

const into = Buffer.alloc(2 * LINE_BYTES_MAX);
const BEGAN = Date.parse('2026-03-04T05:06:07.089Z');

interface Request {
  readonly method?: Uint8Array | string;
  readonly target?: Uint8Array | string;
  readonly host?: Uint8Array | string;
  readonly agent?: Uint8Array | string;
}

/** Begins `notes` with a request that stands somewhere in a larger buffer. */
function begin(notes: ExchangeNotes, { method = 'GET', target = '/', host = '', agent = '' }: Request): void {
  const parts = [method, target, host, agent].map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
  );
  const buf = Buffer.concat([Buffer.from('before'), ...parts, Buffer.from('behind')]);
  const ends = parts.map(({ length }, at) => parts.slice(0, at).reduce((sum, part) => sum + part.length, 6 + length));
  notes.begin(1000, Buffer.from('192.0.2.1'), 'public');
  notes.versionMinor = 1;
  notes.request(buf, 6, ends[0]!, ends[0]!, ends[1]!, ends[1]!, ends[2]!, ends[2]!, ends[3]!);
  buf.fill(0);
}

interface Line {
  readonly [key: string]: unknown;
  readonly attempts: readonly Record<string, unknown>[];
}

function lineOf(notes: ExchangeNotes): Line {
  const end = putLine(into, 1, notes, BEGAN, 12.3456);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(into.subarray(1, end));
  assert.ok(end - 1 <= LINE_BYTES_MAX, `${end - 1} bytes`);
  assert.equal(text.indexOf('\n'), text.length - 1);
  return JSON.parse(text) as Line;
}

const TRACE = new TraceContext();
assert.ok(TRACE.read(Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'), 0, 55));

describe('a line', () => {
  test('has every field of the contract, in its order', () => {
    const notes = new ExchangeNotes();
    begin(notes, { method: 'POST', target: '/x?q=1&token=2', host: 'example.com:80', agent: 'curl/8 "x"' });
    notes.trace(TRACE);
    notes.requestId = Buffer.from('abc123-----');
    notes.requestIdLength = 6;
    notes.route = 'app';
    notes.pool = 'shop';
    notes.status = 502;
    notes.fault = Fault.upstreamReset;
    notes.bytesIn = 345;
    notes.bytesOut = 6789012345;
    notes.attempt('a', Outcome.connectTimeout, -1, -1, 2000, false);
    notes.attempt('b', Outcome.reset, 0.25, -1, 3.5, true);
    const line = lineOf(notes);
    assert.deepEqual(line, {
      time: '2026-03-04T05:06:07.089Z',
      id: 'abc123',
      client: '192.0.2.1',
      listener: 'public',
      route: 'app',
      method: 'POST',
      host: 'example.com:80',
      target: '/x?q=1&token=REDACTED',
      protocol: 'HTTP/1.1',
      status: 502,
      reason: 'upstream-reset',
      fault: 'upstream-reset',
      bytesIn: 345,
      bytesOut: 6789012345,
      durationMs: 12.346,
      pool: 'shop',
      backend: 'b',
      attempts: [
        { backend: 'a', outcome: 'connect-timeout', ms: 2000 },
        { backend: 'b', outcome: 'reset', connectMs: 0.25, ms: 3.5, hedge: true },
      ],
      traceId: '0af7651916cd43dd8448eb211c80319c',
      userAgent: 'curl/8 "x"',
    });
    assert.deepEqual(
      Object.keys(line).slice(0, 12).join(),
      'time,id,client,listener,route,method,host,target,protocol,status,reason,fault',
    );
  });

  test('leaves out what does not apply', () => {
    const notes = new ExchangeNotes();
    begin(notes, {});
    notes.versionMinor = 0;
    notes.status = 200;
    assert.deepEqual(lineOf(notes), {
      time: '2026-03-04T05:06:07.089Z',
      client: '192.0.2.1',
      listener: 'public',
      method: 'GET',
      target: '/',
      protocol: 'HTTP/1.0',
      status: 200,
      bytesIn: 0,
      bytesOut: 0,
      durationMs: 12.346,
      attempts: [],
    });
    // Bytes that were no request.
    notes.begin(0, Buffer.from('::1'), 'public');
    notes.status = 400;
    notes.fault = Fault.badMethod;
    const { method, target, protocol, reason, fault } = lineOf(notes);
    assert.deepEqual(
      [method, target, protocol, reason, fault],
      [undefined, undefined, undefined, 'bad-request', 'bad-method'],
    );
  });

  test('shows nothing of the exchange before', () => {
    const notes = new ExchangeNotes();
    const fresh = new ExchangeNotes();
    begin(notes, { method: 'DELETE', target: `/${'x'.repeat(3000)}`, host: 'h'.repeat(300), agent: 'a'.repeat(300) });
    notes.trace(TRACE);
    notes.requestIdLength = 5;
    notes.route = notes.pool = notes.backend = 'x';
    notes.status = 500;
    notes.fault = 1;
    notes.bytesIn = notes.bytesOut = 1;
    for (let i = 0; i < 20; i++) notes.attempt('x', 3, 1, 1, 1, true);
    for (const each of [notes, fresh]) begin(each, { target: '/second' });
    assert.deepEqual(lineOf(notes), lineOf(fresh));
  });

  test('names every fault and outcome by the closed lists', () => {
    const notes = new ExchangeNotes();
    for (let fault = 1; fault <= FAULT_COUNT; fault++) {
      begin(notes, {});
      notes.fault = fault;
      const line = lineOf(notes);
      assert.deepEqual([line['reason'], line['fault']], [faultRow(fault).reason, faultRow(fault).name]);
    }
    begin(notes, {});
    for (let outcome = 0; outcome < OUTCOME_COUNT; outcome++) notes.attempt('b', outcome, 0, 0, 0, false);
    assert.deepEqual(
      lineOf(notes).attempts.map(({ outcome }) => outcome),
      OUTCOME_NAMES,
    );
  });

  test('tells of so many attempts and counts the others', () => {
    const notes = new ExchangeNotes();
    begin(notes, {});
    for (let i = 0; i < ATTEMPTS_MAX + 3; i++) notes.attempt(`backend-${i}`, 5, 1e6, 1e6, 1e6, true);
    let line = lineOf(notes);
    assert.deepEqual(
      [line.attempts.length, line['moreAttempts'], line['backend']],
      [ATTEMPTS_MAX, 3, `backend-${ATTEMPTS_MAX - 1}`],
    );
    begin(notes, {});
    for (let i = 0; i < ATTEMPTS_MAX; i++) notes.attempt('b'.repeat(128), 5, 1e6, 1e6, 1e6, true);
    line = lineOf(notes);
    assert.equal(line.attempts.length + (line['moreAttempts'] as number), ATTEMPTS_MAX);
    assert.ok(line.attempts.length >= 7);
  });

  test('marks what was cut', () => {
    const notes = new ExchangeNotes();
    begin(notes, {
      method: 'M'.repeat(40),
      target: `/${'t'.repeat(5000)}`,
      host: 'h'.repeat(256),
      agent: '\xff'.repeat(300),
    });
    const line = lineOf(notes);
    assert.equal(line['method'], `${'M'.repeat(32)}…`);
    assert.equal(line['target'], `/${'t'.repeat(2047)}…`);
    assert.equal(line['host'], `${'h'.repeat(255)}…`);
    assert.match(line['userAgent'] as string, /^\xff{50,60}…$/);
  });
});

test('whatever a client sends, a line is one JSON object of bounded length', () => {
  const part = (maxLength: number) =>
    fc.oneof(
      fc.uint8Array({ maxLength }),
      fc.uint8Array({ minLength: maxLength, maxLength }),
      fc.constant(new Uint8Array(maxLength).fill(0x22)),
    );
  const attempt = fc.tuple(
    fc.string({ unit: fc.constantFrom(...'abc.:[]/'), minLength: 1, maxLength: 128 }),
    fc.nat({ max: OUTCOME_COUNT - 1 }),
    fc.double(),
    fc.double(),
    fc.double(),
    fc.boolean(),
  );
  const notes = new ExchangeNotes();
  fc.assert(
    fc.property(
      fc.record({ method: part(40), target: part(4000), host: part(300), agent: part(400) }),
      part(128),
      fc.array(attempt, { maxLength: 16 }),
      fc.tuple(fc.double(), fc.double(), fc.nat({ max: FAULT_COUNT }), fc.nat({ max: 999 })),
      (request, id, attempts, [bytesIn, bytesOut, fault, status]) => {
        begin(notes, request);
        notes.requestId = id;
        notes.requestIdLength = id.length;
        notes.listener = notes.route = notes.pool = 'n'.repeat(63);
        Object.assign(notes, { bytesIn, bytesOut, fault, status });
        for (const each of attempts) notes.attempt(...each);
        const line = lineOf(notes);
        assert.equal(line.attempts.length + ((line['moreAttempts'] as number | undefined) ?? 0), attempts.length);
        assert.equal(line['status'], status);
      },
    ),
    { numRuns: 1500 },
  );
});

test('what was dropped is told as an object of its own', () => {
  const end = putDropped(into, 1, BEGAN, 1234);
  assert.equal(into.toString('latin1', 1, end), '{"time":"2026-03-04T05:06:07.089Z","dropped":1234}\n');
});
