import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#core/fault.ts';
import { RequestHead } from '#http1/request-head.ts';
import { RequestFeed, type RequestTaker } from './request-feed.ts';

const LIMITS = { headerBytes: 1000, headerCount: 20, targetBytes: 200 };

/** Answers every request at once, or when `answer` is called. */
class Taker implements RequestTaker {
  readonly seen: string[] = [];
  readonly feed: RequestFeed;
  readonly head = new RequestHead(20);
  busy = false;
  heads = 0;
  faults: number[] = [];
  heldMost = 0;
  yields = 0;
  readonly #atOnce: boolean;
  whenTurned: () => void = () => {};

  constructor(atOnce: boolean) {
    this.#atOnce = atOnce;
    this.feed = new RequestFeed(this, this.head, LIMITS);
  }

  get takesRequests(): boolean {
    return !this.busy && this.faults.length === 0;
  }
  get keepsBytes(): boolean {
    return this.faults.length === 0;
  }
  onHeadBegun(): void {
    this.heads += 1;
  }
  onRequest(buf: Buffer, headEnd: number): number {
    this.seen.push(buf.toString('latin1', this.head.targetStart, this.head.targetEnd));
    if (!this.#atOnce) this.busy = true;
    return headEnd;
  }
  onNoRequest(fault: number): void {
    this.faults.push(fault);
  }
  onHeld(bytes: number): void {
    this.heldMost = Math.max(this.heldMost, bytes);
  }
  onYield(): void {
    this.yields += 1;
  }
  onTurn(): void {
    this.feed.takeHeld();
    if (!this.feed.yielded) this.whenTurned();
  }
  answer(): void {
    this.busy = false;
    this.feed.takeHeld();
  }
}

const request = (at: number): string => `GET /${at} HTTP/1.1\r\nHost: a\r\n\r\n`;
function requests(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, at) => request(at)).join(''), 'latin1');
}
const targets = (count: number): string[] => Array.from({ length: count }, (_, at) => `/${at}`);

test('property: all requests are found in order, wherever reads end', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.array(fc.nat(400), { maxLength: 20 }),
      fc.boolean(),
      (count, cuts, atOnce) => {
        const taker = new Taker(atOnce);
        const all = requests(count);
        let from = 0;
        for (const cut of [...cuts, all.length].sort((a, b) => a - b)) {
          const end = Math.min(cut, all.length);
          if (end <= from) continue;
          // The engine's buffer is written over after each read.
          const read = Buffer.from(all.subarray(from, end));
          if (taker.takesRequests) taker.feed.onBytes(read, 0, read.length);
          else taker.feed.hold(read, 0, read.length);
          read.fill(0);
          from = end;
        }
        while (taker.busy) taker.answer();
        assert.deepEqual(taker.seen, targets(count));
        assert.ok(taker.feed.isEmpty);
      },
    ),
  );
});

test('many that are answered at once give way to others, and lose none', async () => {
  const taker = new Taker(true);
  const all = requests(500);
  const turned = new Promise<void>((resolve) => (taker.whenTurned = resolve));
  taker.feed.onBytes(all, 0, all.length);
  assert.equal(taker.seen.length, 32);
  assert.ok(taker.feed.yielded);
  // What arrives meanwhile waits behind the rest.
  const more = Buffer.from(request(500), 'latin1');
  taker.feed.onBytes(more, 0, more.length);
  assert.equal(taker.seen.length, 32);
  await turned;
  assert.deepEqual(taker.seen, targets(501));
  assert.equal(taker.yields, 15);
});

test('what is no request ends the search, and what follows is not kept', () => {
  const taker = new Taker(true);
  const text = Buffer.from(`${request(0)}nonsense\r\n\r\n${request(1)}`, 'latin1');
  taker.feed.onBytes(text, 0, text.length);
  assert.deepEqual(taker.seen, ['/0']);
  assert.deepEqual(taker.faults, [Fault.badRequestLine]);
  assert.ok(taker.feed.isEmpty);
});

test('a head that has begun says so, each time that it is looked at and is not whole', () => {
  const taker = new Taker(true);
  const text = Buffer.from('GET / HTTP/1.1\r\n', 'latin1');
  taker.feed.onBytes(text, 0, text.length);
  assert.equal(taker.heads, 1);
  assert.equal(taker.heldMost, text.length);
  assert.equal(taker.feed.empty()?.toString('latin1'), text.toString('latin1'));
  assert.equal(taker.feed.empty(), null);
});
