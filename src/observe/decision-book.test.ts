import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '#core/fault.ts';
import { createPrng } from '#core/math/prng.ts';
import { Outcome } from '#core/outcome.ts';
import { PickReason } from '#core/pick-reason.ts';
import { ASKED_MAX, DecisionBook, type BookQuery } from './decision-book.ts';
import { ExchangeNotes } from './exchange-notes.ts';

type Book = DecisionBook;
type List = Exclude<BookQuery, { readonly id: string }>;
const ALL: List = { list: 'recent', limit: 1000, pool: null, backend: null, route: null, status: null, minMs: 0 };
const notes = new ExchangeNotes();

interface Given {
  readonly id: string;
  readonly atMs?: number;
  readonly durationMs?: number;
  readonly status?: number;
  readonly fault?: number;
  readonly target?: string;
  readonly backends?: readonly string[];
}

/** An exchange that is over, as the data plane tells the book of it. */
function over(book: Book, given: Given, marked: 'asked' | 'sampled' | null, nowMs = 0): void {
  const { id, atMs = 0, durationMs = 1, status = 200, fault = 0, target = '/', backends = ['a'] } = given;
  notes.begin(nowMs, Buffer.from('192.0.2.1'), 'public');
  const parts = ['GET', target, 'a.example', 'agent'];
  const ends = parts.map((_, at) => parts.slice(0, at + 1).join('').length) as [number, number, number, number];
  notes.request(Buffer.from(parts.join('')), 0, ends[0], ends[0], ends[1], ends[1], ends[2], ends[2], ends[3]);
  notes.requestId = Buffer.from(id);
  notes.requestIdLength = id.length;
  notes.pool = 'app';
  notes.route = 'shop';
  notes.status = status;
  notes.fault = fault;
  for (const [ordinal, backend] of backends.entries()) {
    const at = notes.attempt(backend, Outcome.success, -1, 1, 2, false);
    notes.attemptPick(at, 0, -1, ordinal, PickReason.first, status, backend);
  }
  const reason = book.reasonAt(fault, status, backends.length, durationMs, nowMs);
  if (reason === null && marked === null) return;
  book.keep(notes, { atMs, durationMs, picks: [], refused: null }, marked, reason);
}

const ids = (book: Book, query: Partial<List> = {}): string[] => book.find({ ...ALL, ...query }).map(({ id }) => id);
const bookOf = (sample: number, keep = 100): Book => new DecisionBook({ sample, keep }, 3, createPrng(5));

describe('which exchanges are drawn', () => {
  test('the share that was asked for, whichever they are', (t) => {
    for (const sample of [0.5, 0.1, 0.01]) {
      const book = bookOf(sample);
      const rounds = 200_000;
      let drawn = 0;
      // A second for each, so that the bound of a second is none.
      for (let i = 0; i < rounds; i++) if (book.draws(i * 1000)) drawn += 1;
      const spread = Math.sqrt(rounds * sample * (1 - sample));
      t.diagnostic(`${drawn} of ${rounds} at ${sample}`);
      assert.ok(Math.abs(drawn - rounds * sample) < 5 * spread);
    }
    for (const [sample, drawn] of [
      [0, false],
      [1, true],
    ] as const)
      // prettier-ignore
      assert.equal(bookOf(sample).draws(0), drawn);
  });

  test('at most 50 a second', () => {
    const book = bookOf(1);
    const drawn = (nowMs: number): number => Array.from({ length: 500 }).filter(() => book.draws(nowMs)).length;
    assert.deepEqual([drawn(0), drawn(999), drawn(1000)], [50, 0, 50]);
  });
});

describe('what is kept', () => {
  test('of those that nobody drew: the failed, the retried, the slow, each where it is looked for', () => {
    const book = bookOf(0);
    for (let i = 0; i < 100; i++) over(book, { id: `slow-${i}`, durationMs: 50 + i }, null, i * 1000);
    const nowMs = 100_000;
    over(book, { id: 'usual' }, null, nowMs);
    over(book, { id: 'failed', status: 503 }, null, nowMs);
    over(book, { id: 'cut', fault: Fault.upstreamTruncated }, null, nowMs);
    over(book, { id: 'retried', backends: ['a', 'b'] }, null, nowMs);
    over(book, { id: 'left', status: 0, fault: Fault.clientClosed }, null, nowMs);
    over(book, { id: 'limited', status: 429, fault: Fault.rateLimited }, null, nowMs);
    over(book, { id: 'slowest', durationMs: 5000 }, null, nowMs);
    assert.deepEqual(ids(book, { list: 'failed' }), ['cut', 'failed']);
    assert.deepEqual(ids(book, { list: 'retried' }), ['retried']);
    assert.deepEqual(ids(book, { list: 'slowest', limit: 3 }), ['slowest', 'slow-99', 'slow-98']);
    assert.deepEqual(ids(book, { list: 'asked' }), []);
    for (const id of ['usual', 'left', 'limited', 'slow-0']) assert.deepEqual(book.find({ id }), [], id);
    assert.equal(book.find({ id: 'failed' })[0]?.why, 'failed');
  });

  test('the many do not push out the few', () => {
    const book = bookOf(1);
    over(book, { id: 'asked' }, 'asked');
    over(book, { id: 'failed', status: 500 }, null);
    over(book, { id: 'slow', durationMs: 60_000 }, null);
    for (let i = 0; i < 5000; i++) over(book, { id: `s${i}`, atMs: i }, 'sampled', i * 1000);
    for (const id of ['asked', 'failed']) assert.equal(book.find({ id }).length, 1, id);
    assert.deepEqual(ids(book, { limit: 2 }), ['s4999', 's4998']);
    for (let i = 0; i < ASKED_MAX; i++) over(book, { id: `a${i}` }, 'asked');
    assert.deepEqual(book.find({ id: 'asked' }), []);
  });

  test('at most 100 a second of those that were not drawn', () => {
    const book = bookOf(0, 1000);
    for (let i = 0; i < 300; i++) over(book, { id: `f${i}`, status: 502 }, null, 10);
    assert.equal(ids(book, { list: 'failed' }).length, 100);
    assert.equal(book.hasRoom(500), false);
    over(book, { id: 'later', status: 502, atMs: 1 }, null, 1010);
    assert.equal(ids(book, { list: 'failed' })[0], 'later');
  });

  test('once in a list, by what it is asked for, without what is secret', () => {
    const book = bookOf(1);
    over(book, { id: 'one', status: 503, target: '/x?token=hush&a=1', backends: ['a', 'b'] }, 'sampled');
    over(book, { id: 'two', atMs: 5, durationMs: 30 }, 'sampled');
    assert.deepEqual(ids(book), ['two', 'one']);
    assert.deepEqual(ids(book, { backend: 'b' }), ['one']);
    assert.deepEqual(ids(book, { status: 200 }), ['two']);
    assert.deepEqual(ids(book, { minMs: 20 }), ['two']);
    assert.deepEqual([ids(book, { pool: 'other' }), ids(book, { route: 'other' })], [[], []]);
    assert.deepEqual(ids(book, { pool: 'app', route: 'shop', limit: 1 }), ['two']);
    const [record] = book.find({ id: 'one' });
    assert.equal(record?.target, '/x?token=REDACTED&a=1');
    assert.deepEqual([record?.worker, record?.client, record?.host, record?.userAgent], [3, '192.0.2.1', 'a.example', 'agent']); // prettier-ignore
    assert.doesNotMatch(JSON.stringify(record), /hush/);
  });
});
