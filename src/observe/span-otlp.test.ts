/** From an exchange's notes, through a worker's ring, to OTLP's JSON. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#core/fault.ts';
import { Outcome } from '#core/outcome.ts';
import { PickReason } from '#core/pick-reason.ts';
import { G, type CounterRow } from '#memory/counters.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import type { SpanRing } from '#memory/span-ring.ts';
import { ATTEMPTS_MAX, ExchangeNotes } from './exchange-notes.ts';
import { exportBody, spansOf } from './span-otlp.ts';
import { RECORD_BYTES_MAX, SpanWriter, readRecord, type SpanRecord } from './span-record.ts';
import { TraceContext } from './trace-context.ts';

interface Request {
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly agent?: string;
}

interface Span {
  readonly [name: string]: unknown;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly events: readonly { readonly name: string }[];
  readonly status: { readonly code?: number };
}

const capacity = { ...DEFAULT_CAPACITY, workers: 1, slots: 1, routes: 1, pools: 1 };

class Bench {
  readonly notes = new ExchangeNotes();
  readonly counters: CounterRow;
  readonly ring: SpanRing;
  readonly writer: SpanWriter;

  constructor() {
    const tables = layTables(new SharedArrayBuffer(tablesBytes(capacity)), capacity);
    this.counters = tables.counters.rows[0] as CounterRow;
    this.ring = tables.spans.rows[0] as SpanRing;
    this.writer = new SpanWriter(this.ring, this.counters);
  }

  /** A sampled exchange of a trace that a client began. */
  begin({ method = 'GET', target = '/', host = 'shop.example:8443', agent = 'curl/8' }: Request = {}): ExchangeNotes {
    const { notes } = this;
    notes.begin(performance.now() - 50, Buffer.from('192.0.2.7'), 'public');
    notes.versionMinor = 1;
    const parts = [method, target, host, agent];
    const buf = Buffer.from(parts.join(''), 'latin1');
    const [a = 0, b = 0, c = 0, d = 0] = parts.map((_, at) => parts.slice(0, at + 1).join('').length);
    notes.request(buf, 0, a, a, b, b, c, c, d);
    const context = new TraceContext();
    assert.ok(context.read(Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'), 0, 55));
    notes.trace(context);
    Object.assign(notes, { route: 'shop', pool: 'app', strategy: 'random', backend: 'b', status: 200 });
    Object.assign(notes.span, { sampled: true, flags: 1, high: 1, low: 2, route: '/shop/*', hasClient: false });
    notes.span.parentHigh = context.parentHigh;
    notes.span.parentLow = context.parentLow;
    Object.assign(notes.span, { peerPort: 4711, stripBytes: 0, stateBytes: 0 });
    return notes;
  }

  attempt(backend: string, outcome: Outcome, status: number, reason: PickReason, backoffMs = -1): void {
    const { notes } = this;
    const at = notes.attempt(backend, outcome, 1.5, status === 0 ? -1 : 3.25, 7, reason === PickReason.hedge);
    if (at === -1) return;
    notes.attemptPick(at, 2 + at, backoffMs, at, reason, status, '10.0.0.1:3000');
    notes.span.attempts.set([0xaabb, 100 + at], 2 * at);
  }

  record(): SpanRecord {
    this.writer.write(this.notes, performance.now());
    const records: SpanRecord[] = [];
    this.ring.take((bytes, start, end) => records.push(structuredClone(readRecord(bytes, start, end))) > 0);
    assert.equal(records.length, 1);
    return records[0] as SpanRecord;
  }

  spans(): Span[] {
    return spansOf(this.record()).map((text) => JSON.parse(text) as Span);
  }
}

const of = ({ attributes }: Span): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

describe('an exchange and its attempts', () => {
  test('are a SERVER span and its CLIENT spans', () => {
    const bench = new Bench();
    bench.begin({ target: '/shop/x?q=1&token=abc' });
    bench.attempt('a', Outcome.connectFailure, 0, PickReason.first);
    bench.attempt('b', Outcome.success, 200, PickReason.failover, 25);
    bench.notes.queueMs = 1.25;
    const [server, first, second] = bench.spans() as [Span, Span, Span];
    assert.deepEqual(
      [server['traceId'], server['spanId'], server['parentSpanId'], server['name'], server['kind'], server['flags']],
      ['0af7651916cd43dd8448eb211c80319c', '0000000100000002', 'b7ad6b7169203331', 'GET /shop/*', 2, 0x301],
    );
    assert.deepEqual(of(server), {
      'http.request.method': 'GET',
      'url.path': '/shop/x',
      'url.query': 'q=1&token=REDACTED',
      'url.scheme': 'http',
      'server.address': 'shop.example',
      'server.port': '8443',
      'client.address': '192.0.2.7',
      'network.peer.address': '192.0.2.7',
      'network.peer.port': '4711',
      'network.protocol.version': '1.1',
      'http.route': '/shop/*',
      'user_agent.original': 'curl/8',
      'http.response.status_code': '200',
      'edgebalancer.listener': 'public',
      'edgebalancer.route': 'shop',
      'edgebalancer.pool': 'app',
      'edgebalancer.strategy': 'random',
      'edgebalancer.backend': 'b',
      'edgebalancer.attempts': '2',
    });
    assert.deepEqual(
      server.events.map(({ name }) => name),
      ['edgebalancer.queue', 'edgebalancer.backoff'],
    );
    assert.deepEqual(
      [first['parentSpanId'], first['spanId'], first['kind'], first['name'], first['flags']],
      ['0000000100000002', '0000aabb00000064', 3, 'GET', 0x101],
    );
    assert.deepEqual(of(second), {
      'http.request.method': 'GET',
      'server.address': '10.0.0.1',
      'server.port': '3000',
      'network.peer.address': '10.0.0.1',
      'network.peer.port': '3000',
      'url.full': 'http://10.0.0.1:3000/shop/x?q=1&token=REDACTED',
      'network.protocol.version': '1.1',
      'http.response.status_code': '200',
      'http.request.resend_count': '1',
      'edgebalancer.pool': 'app',
      'edgebalancer.backend': 'b',
      'edgebalancer.strategy': 'random',
      'edgebalancer.pick.reason': 'failover',
      'edgebalancer.outcome': 'success',
    });
    assert.deepEqual(
      [of(first)['error.type'], first.status.code, second.status.code],
      ['connect-failure', 2, undefined],
    );
    assert.deepEqual(
      second.events.map(({ name }) => name),
      ['edgebalancer.connected', 'edgebalancer.first_byte'],
    );
    const start = Number(server['startTimeUnixNano']);
    assert.equal(Math.round((Number(second['startTimeUnixNano']) - start) / 1e6), 3);
    assert.ok(Math.abs(start / 1e6 - (Date.now() - 50)) < 5000, 'it is told in wall time');
  });

  test('have their status by the conventions: a server fails from 500 on, a client sees an error from 400 on', () => {
    const cases = [
      [200, 0, undefined, undefined],
      [404, 0, undefined, '404'],
      [500, 0, '500', '500'],
      [503, Fault.noBackend, 'no-backend', '503'],
      [429, Fault.rateLimited, undefined, '429'],
      [200, Fault.upstreamTruncated, 'upstream-truncated', undefined],
      [0, Fault.clientClosed, undefined, undefined],
    ] as const;
    for (const [status, fault, server, client] of cases) {
      const bench = new Bench();
      bench.begin();
      bench.notes.status = status;
      bench.notes.fault = fault;
      bench.attempt(
        'a',
        status >= 502 ? Outcome.gatewayError : status >= 500 ? Outcome.serverError : Outcome.success,
        status,
        0,
      );
      const [own, sent] = bench.spans() as [Span, Span];
      const name = `${status} ${fault}`;
      assert.deepEqual([of(own)['error.type'], own.status.code], [server, server === undefined ? undefined : 2], name);
      assert.deepEqual(
        [of(sent)['error.type'], sent.status.code],
        [client, client === undefined ? undefined : 2],
        name,
      );
    }
  });

  test('what nobody waited for any more is no error', () => {
    const bench = new Bench();
    bench.begin();
    bench.attempt('a', Outcome.cancelled, 0, PickReason.hedge);
    const [, loser] = bench.spans() as [Span, Span];
    assert.deepEqual(
      [of(loser)['error.type'], of(loser)['edgebalancer.outcome'], loser.status],
      [undefined, 'cancelled', {}],
    );
  });

  test('methods that nobody knows are `_OTHER`; a trace that began here has no parent', () => {
    const bench = new Bench();
    bench.begin({ method: 'PURGE' });
    Object.assign(bench.notes.span, { parentHigh: 0, parentLow: 0 });
    const [server] = bench.spans() as [Span];
    assert.deepEqual(
      [of(server)['http.request.method'], of(server)['http.request.method_original'], server['name']],
      ['_OTHER', 'PURGE', 'HTTP /shop/*'],
    );
    assert.deepEqual(['parentSpanId' in server, server['flags']], [false, 1]);
  });

  test('targets: absolute, stripped, of no path, and with secrets in the path', () => {
    const shown = (target: string, stripBytes = 0): unknown[] => {
      const bench = new Bench();
      bench.begin({ target });
      bench.notes.span.stripBytes = stripBytes;
      bench.attempt('a', Outcome.success, 200, 0);
      const [server, client] = bench.spans() as [Span, Span];
      return [of(server)['url.path'], of(server)['url.query'], of(client)['url.full']];
    };
    const backend = 'http://10.0.0.1:3000';
    assert.deepEqual(shown('http://other:1/x?y'), ['/x', 'y', `${backend}/x?y`]);
    assert.deepEqual(shown('http://other:1'), ['/', undefined, `${backend}/`]);
    assert.deepEqual(shown('/proxy/x', 6), ['/proxy/x', undefined, `${backend}/x`]);
    assert.deepEqual(shown('/proxy', 6), ['/proxy', undefined, `${backend}/`]);
    assert.deepEqual(shown('/a;jsessionid=5'), [
      '/a;jsessionid=REDACTED',
      undefined,
      `${backend}/a;jsessionid=REDACTED`,
    ]);
    assert.deepEqual(shown('*'), ['*', undefined, `${backend}*`]);
  });

  test('a client behind trusted proxies is told of by its own address', () => {
    const bench = new Bench();
    const address = (...words: number[]): unknown => {
      bench.begin();
      bench.notes.span.hasClient = true;
      bench.notes.span.client.set(words);
      const [server] = bench.spans() as [Span];
      assert.equal(of(server)['network.peer.address'], '192.0.2.7');
      return of(server)['client.address'];
    };
    assert.equal(address(0, 0, 0xffff, 0xcb007109 | 0), '203.0.113.9');
    assert.equal(address(0x20010db8, 0, 0, 1), '2001:db8:0:0:0:0:0:1');
  });

  test('TLS shows in the schemes and in the ports that nobody wrote', () => {
    const bench = new Bench();
    bench.begin({ host: 'shop.example', target: '/x' });
    bench.attempt('a', Outcome.success, 200, PickReason.first);
    Object.assign(bench.notes.span, { secure: true, hasClient: true });
    bench.notes.attemptAuthorities[0] = 'https://10.0.0.1:3000';
    const [server, client] = bench.spans() as [Span, Span];
    assert.deepEqual([of(server)['url.scheme'], of(server)['server.port']], ['https', '443']);
    assert.deepEqual(
      ['url.full', 'server.address', 'server.port', 'network.peer.address'].map((key) => of(client)[key]),
      ['https://10.0.0.1:3000/x', '10.0.0.1', '3000', '10.0.0.1'],
    );
    bench.begin({ host: 'shop.example' });
    Object.assign(bench.notes.span, { secure: false });
    const [plain] = bench.spans() as [Span];
    assert.deepEqual([of(plain)['url.scheme'], of(plain)['server.port']], ['http', '80']);
  });

  test('more attempts than are told of are counted', () => {
    const bench = new Bench();
    bench.begin();
    for (let at = 0; at < ATTEMPTS_MAX + 3; at++) bench.attempt('a', Outcome.reset, 0, PickReason.retry);
    const spans = bench.spans();
    assert.equal(spans.length, 1 + ATTEMPTS_MAX);
    assert.equal(of(spans[0] as Span)['edgebalancer.attempts.omitted'], '3');
  });

  test('a body names the process and the scope', () => {
    const bench = new Bench();
    bench.begin();
    const body = JSON.parse(exportBody({ 'service.name': 'edge' }, '1.2.3', spansOf(bench.record()))) as {
      resourceSpans: { resource: unknown; scopeSpans: { scope: unknown; spans: unknown[] }[] }[];
    };
    const [{ resource, scopeSpans }] = body.resourceSpans as [(typeof body.resourceSpans)[0]];
    assert.deepEqual(resource, { attributes: [{ key: 'service.name', value: { stringValue: 'edge' } }] });
    assert.deepEqual(
      [scopeSpans[0]?.scope, scopeSpans[0]?.spans.length],
      [{ name: 'edgebalancer', version: '1.2.3' }, 1],
    );
  });
});

test('whatever a client sends, a record has room and a span is JSON', () => {
  const bytes = (maxLength: number) =>
    fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength });
  const bench = new Bench();
  fc.assert(
    fc.property(
      bytes(40),
      bytes(3000),
      bytes(300),
      bytes(300),
      fc.string({ unit: 'grapheme', maxLength: 400 }),
      (method, target, host, agent, name) => {
        bench.begin({ method, target, host, agent });
        Object.assign(bench.notes, { route: name, pool: name, backend: name, strategy: name });
        bench.notes.span.route = name;
        for (let at = 0; at < ATTEMPTS_MAX; at++) {
          bench.attempt(name, Outcome.reset, 0, PickReason.retry);
          bench.notes.attemptAuthorities[at] = name;
        }
        const from = bench.ring.reserve(RECORD_BYTES_MAX);
        bench.ring.bytes.fill(0xee, from, from + RECORD_BYTES_MAX);
        assert.equal(bench.spans().length, 1 + ATTEMPTS_MAX);
      },
    ),
    { numRuns: 200 },
  );
});

test('what finds no room is dropped and counted', () => {
  const bench = new Bench();
  bench.begin();
  bench.attempt('a', Outcome.success, 200, PickReason.first);
  while (bench.ring.reserve(RECORD_BYTES_MAX) !== -1) bench.writer.write(bench.notes, performance.now());
  assert.equal(bench.counters.global[G.spansDropped], 0);
  bench.writer.write(bench.notes, performance.now());
  assert.equal(bench.counters.global[G.spansDropped], 2);
});
