import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CounterRow } from '#memory/counters.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import type { SpanRing } from '#memory/span-ring.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import { ExchangeNotes } from '#observe/exchange-notes.ts';
import { SpanWriter } from '#observe/span-record.ts';
import { LogRecord, VirtualTimers } from '../../test/support/virtual-timers.ts';
import type { OtlpAnswer, OtlpPost } from './otlp-post.ts';
import { SpanExporter, type SpanCounts } from './span-exporter.ts';
import type { TraceSettings } from './trace-settings.ts';

const OK: OtlpAnswer = { status: 200, retryAfterMs: 0, rejected: 0, message: '' };
const at = (host: string): TraceSettings => ({
  url: new URL(`http://${host}/v1/traces`),
  shownUrl: `http://${host}/v1/traces`,
  headers: { 'x-key': 'secret' },
  resource: {},
});

class Bench {
  readonly timers = new VirtualTimers();
  readonly log = new LogRecord();
  readonly counts: SpanCounts = { exported: 0, dropped: 0, failed: 0 };
  /** When each request was made, where to, and of how many spans. */
  readonly posts: { readonly atMs: number; readonly host: string; readonly spans: number }[] = [];
  answer: (post: number) => OtlpAnswer | Error | 'hang' = () => OK;
  readonly exporter: SpanExporter;
  readonly #writer: SpanWriter;
  readonly #notes = new ExchangeNotes();

  constructor() {
    const capacity = { ...DEFAULT_CAPACITY, workers: 1, slots: 1, routes: 1, pools: 1 };
    const tables = layTables(new SharedArrayBuffer(tablesBytes(capacity)), capacity);
    this.#writer = new SpanWriter(tables.spans.rows[0] as SpanRing, tables.counters.rows[0] as CounterRow);
    this.#notes.begin(0, Buffer.from('192.0.2.7'), 'public');
    this.#notes.traceId.fill('a');
    this.#notes.span.sampled = true;
    const post: OtlpPost = (url, _headers, body, signal) => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
      const spans = resourceSpans[0]?.scopeSpans[0]?.spans.length ?? 0;
      const answer = this.answer(this.posts.length);
      this.posts.push({ atMs: this.timers.nowMs(), host: url.host, spans });
      if (answer === 'hang')
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    const { timers, log, counts } = this;
    this.exporter = new SpanExporter(at('first'), {
      table: tables.spans,
      version: '1',
      counts,
      timers,
      random: () => 1,
      log,
      post,
    });
    this.exporter.start();
  }

  /** So many exchanges, of one span each. */
  write(count: number): void {
    for (let i = 0; i < count; i++) this.#writer.write(this.#notes, performance.now());
  }
}

describe('an exporter', () => {
  test('sends what there is within a second or so, and a full batch sooner', async () => {
    const bench = new Bench();
    bench.write(3);
    await bench.timers.advance(1000);
    assert.deepEqual(bench.posts, []);
    await bench.timers.advance(400);
    assert.deepEqual(bench.posts, [{ atMs: 1200, host: 'first', spans: 3 }]);
    bench.write(520);
    await bench.timers.advance(200);
    assert.deepEqual(bench.posts.slice(1), [{ atMs: 1600, host: 'first', spans: 512 }]);
    await bench.timers.advance(2000);
    assert.deepEqual(bench.counts, { exported: 523, dropped: 0, failed: 0 });
    assert.deepEqual(bench.log.lines, []);
  });

  test('tries again after waits that double, and says once that it cannot and that it can again', async () => {
    const bench = new Bench();
    bench.write(2);
    bench.answer = (post) => (post < 2 ? { ...OK, status: 503 } : post === 2 ? new Error('x') : OK);
    await bench.timers.advance(10_000);
    assert.deepEqual(
      bench.posts.map(({ atMs }) => atMs),
      [1200, 2200, 4200, 8200],
    );
    assert.deepEqual(bench.counts, { exported: 2, dropped: 0, failed: 0 });
    assert.deepEqual(bench.log.lines, [
      'warn the collector does not take spans',
      'info the collector takes spans again',
    ]);
    assert.ok(!JSON.stringify(bench.log.fields).includes('secret'));
  });

  test('waits as long as it is asked to, within reason', async () => {
    const bench = new Bench();
    bench.write(1);
    bench.answer = (post) =>
      [{ ...OK, status: 429, retryAfterMs: 7000 }, { ...OK, status: 429, retryAfterMs: 1e9 }, OK][post] as OtlpAnswer;
    await bench.timers.advance(100_000);
    assert.deepEqual(
      bench.posts.map(({ atMs }) => atMs),
      [1200, 8200, 68_200],
    );
  });

  test('gives a batch up after so many tries, and one that was refused at once', async () => {
    const bench = new Bench();
    bench.write(1);
    bench.answer = () => new Error('nobody there');
    await bench.timers.advance(100_000);
    assert.equal(bench.posts.length, 6);
    assert.deepEqual(bench.counts, { exported: 0, dropped: 0, failed: 1 });
    bench.answer = () => ({ ...OK, status: 400 });
    bench.write(2);
    await bench.timers.advance(3000);
    assert.equal(bench.posts.length, 7);
    assert.deepEqual(bench.counts, { exported: 0, dropped: 0, failed: 3 });
  });

  test('counts what a collector takes only in part', async () => {
    const bench = new Bench();
    bench.write(5);
    bench.answer = () => ({ ...OK, rejected: 2, message: 'too old' });
    await bench.timers.advance(3000);
    assert.deepEqual(bench.counts, { exported: 3, dropped: 0, failed: 2 });
    assert.deepEqual(bench.log.lines, ['warn the collector has taken only some spans']);
  });

  test('a collector that hangs makes spans wait, up to a bound; workers keep what is beyond it', async () => {
    const bench = new Bench();
    bench.answer = () => 'hang';
    for (let i = 0; i < 200; i++) {
      bench.write(100);
      await bench.timers.advance(200);
    }
    assert.equal(bench.posts.length, 1);
    const closed = bench.exporter.close();
    await bench.timers.advance(3000);
    await closed;
    assert.equal(bench.counts.exported, 0);
    // The batch that hung, and what waited behind it.
    assert.ok(bench.counts.dropped >= 4096 - 512 && bench.counts.dropped <= 4096, String(bench.counts.dropped));
  });

  test('sends what is left when it is closed, once and without waiting', async () => {
    const bench = new Bench();
    bench.write(600);
    await bench.exporter.close();
    assert.deepEqual(
      bench.posts.map(({ spans }) => spans),
      [512, 88],
    );
    assert.equal(bench.counts.exported, 600);
    assert.equal(bench.timers.pending, 0);
    const down = new Bench();
    down.answer = () => new Error('nobody there');
    down.write(3);
    await down.exporter.close();
    assert.deepEqual([down.posts.length, down.counts.failed], [1, 3]);
  });

  test('what waits goes where new settings say, at once', async () => {
    const bench = new Bench();
    bench.write(1);
    bench.answer = (post) => (post === 0 ? new Error('nobody there') : OK);
    await bench.timers.advance(1200);
    bench.exporter.follow(at('second'));
    await bench.timers.advance(1);
    assert.deepEqual(
      bench.posts.map(({ host }) => host),
      ['first', 'second'],
    );
  });
});
