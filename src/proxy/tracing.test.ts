import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestHead, parseRequestHead } from '#http1/request-head.ts';
import type { CounterRow } from '#memory/counters.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import { Recorder } from '#observe/recorder.ts';
import { SpanNotes } from '#observe/span-notes.ts';
import { prepareEdits } from './header-edits.ts';
import { RequestIds } from './request-ids.ts';
import { RequestWriter, type ClientFacts } from './request-writer.ts';
import { Tracing } from './tracing.ts';
import { TrustedProxies } from './trusted-proxies.ts';

const LIMITS = { headerBytes: 32_768, headerCount: 100, targetBytes: 8192 };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const parent = (flags: string): string => `00-${TRACE}-${SPAN}-${flags}`;

interface Entered {
  readonly sampled: boolean;
  /** Lines of the trace in the head for the backend. */
  readonly lines: string[];
  readonly notes: SpanNotes;
}

class Bench {
  readonly tracing: Tracing;
  readonly tables = (() => {
    const capacity = { ...DEFAULT_CAPACITY, workers: 1, slots: 1, routes: 1, pools: 1 };
    return layTables(new SharedArrayBuffer(tablesBytes(capacity)), capacity);
  })();
  readonly #ids = new RequestIds();

  constructor(sample: number | null, clientsPerSecond = 100) {
    const recorder = new Recorder(this.tables.counters.rows[0] as CounterRow);
    this.tracing = new Tracing(this.#ids, { spans: this.tables.spans, recorder });
    this.tracing.obey(sample === null ? null : { sample, clientsPerSecond });
  }

  enter(fields: readonly string[], trusted = false): Entered {
    const buf = Buffer.from(['GET / HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n'), 'latin1');
    const head = new RequestHead(100);
    assert.ok(parseRequestHead(buf, 0, buf.length, head, LIMITS) > 0);
    const facts: ClientFacts = {
      trusted,
      forwardedLines: Buffer.from('x: y\r\nvia: 1.1 edgebalancer\r\n'),
      address: Buffer.from('192.0.2.7'),
      scheme: Buffer.from('http'),
      secure: false,
      identityLow: 0,
      identityHigh: 0,
      proxies: trusted ? new TrustedProxies(['192.0.2.0/24']) : null,
    };
    const caller = { facts, peer: { remotePort: 4711 } };
    this.tracing.enter(buf, head.fields, caller);
    const edits = prepareEdits({ remove: [], set: [], add: [] });
    const writer = new RequestWriter(this.#ids, this.tracing);
    const into = Buffer.alloc(8192);
    const end = writer.write(buf, head, facts, { stripBytes: 0, authority: Buffer.from('b'), edits }, into, 0);
    const notes = new SpanNotes();
    if (this.tracing.sampled) this.tracing.note(notes, buf, head, caller);
    const lines = into
      .toString('latin1', 0, end)
      .split('\r\n')
      .filter((line) => /^trace/i.test(line));
    return { sampled: this.tracing.sampled, lines, notes };
  }
}

const NEW = /^traceparent: 00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/;

describe('without spans to send', () => {
  const bench = new Bench(null);

  test('a valid trace goes on as it came', () => {
    for (const flags of ['00', '01', '02', '03']) {
      const fields = [`Traceparent: ${parent(flags)}`, 'Tracestate: a=1,b=2'];
      assert.deepEqual(bench.enter(fields), { sampled: false, lines: fields, notes: new SpanNotes() });
    }
  });

  test('a new one begins where there is none, and where it is not valid; its state is not kept', () => {
    for (const fields of [
      [],
      ['tracestate: a=1'],
      ['traceparent: 00-x', 'tracestate: a=1'],
      [`traceparent: ${parent('00')}`, `traceparent: ${parent('01')}`, 'tracestate: a=1'],
      [`traceparent: ff${parent('00').slice(2)}`],
    ]) {
      const { lines } = bench.enter(fields);
      assert.equal(lines.length, 1, fields.join());
      assert.match(lines[0] as string, NEW);
    }
  });

  test('a state that is not valid does not go on, and several lines become one', () => {
    const traced = `traceparent: ${parent('01')}`;
    assert.deepEqual(bench.enter([traced, 'tracestate: A=1']).lines, [traced]);
    assert.deepEqual(bench.enter([traced, 'tracestate: a=1', 'tracestate: b=2']).lines, [
      traced,
      'tracestate: a=1,b=2',
    ]);
  });
});

describe('with spans to send', () => {
  test('a trace that begins here is recorded by its share', () => {
    assert.equal(new Bench(0).enter([]).sampled, false);
    assert.match(new Bench(0).enter([]).lines[0] as string, NEW);
    const { sampled, lines, notes } = new Bench(1).enter([]);
    assert.equal(sampled, true);
    assert.match(lines.join(), /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.deepEqual([notes.parentHigh, notes.parentLow, notes.flags, notes.peerPort], [0, 0, 1, 4711]);
    assert.ok((notes.high | notes.low) !== 0);
  });

  test('whoever began a trace decides whether it is recorded, and the random bit is kept', () => {
    for (const sample of [0, 1]) {
      const bench = new Bench(sample);
      const not = bench.enter([`traceparent: ${parent('02')}`]);
      assert.deepEqual([not.sampled, not.lines], [false, [`traceparent: ${parent('02')}`]]);
      const { sampled, lines, notes } = bench.enter([`traceparent: ${parent('03')}`, 'tracestate: a=1']);
      assert.equal(sampled, true);
      assert.deepEqual(lines, ['tracestate: a=1', `traceparent: ${parent('03')}`], 'the attempt puts its own span in');
      assert.deepEqual([notes.parentHigh, notes.parentLow], [0xb7ad6b71, 0x69203331]);
      assert.equal(Buffer.from(notes.state.subarray(0, notes.stateBytes)).toString(), 'a=1');
    }
  });

  test('clients have only so many recorded in a second; what is over it tells backends so', () => {
    const bench = new Bench(0, 3);
    const traced = [`traceparent: ${parent('03')}`];
    const all = Array.from({ length: 20 }, () => bench.enter(traced));
    const kept = all.filter(({ sampled }) => sampled).length;
    // The second may change meanwhile.
    assert.ok(kept >= 3 && kept <= 6, String(kept));
    assert.deepEqual(all.find(({ sampled }) => !sampled)?.lines, [`traceparent: ${parent('02')}`]);
    assert.equal(bench.tables.counters.global('tracesRefused'), 20 - kept);
  });

  test('a trusted proxy has no such limit, and says who the client is', () => {
    const bench = new Bench(0, 0);
    const fields = [`traceparent: ${parent('01')}`, 'X-Forwarded-For: 203.0.113.9, 192.0.2.8'];
    for (let at = 0; at < 20; at++) {
      const { sampled, notes } = bench.enter(fields, true);
      assert.equal(sampled, true);
      assert.deepEqual([notes.hasClient, ...notes.client], [true, 0, 0, 0xffff, 0xcb007109 | 0]);
    }
    assert.equal(bench.enter(fields).sampled, false);
  });
});
