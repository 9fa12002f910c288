import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EVENTS_MAX, EventKind, EventRing, type Event } from './event-ring.ts';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';

const CAPACITY = { ...DEFAULT_CAPACITY, workers: 1 };

/** Two views of one ring, as writer and reader have them, and its bare cells. */
function ringOf(): { writer: EventRing; reader: EventRing; cells: Int32Array } {
  const layout = new Layout(CAPACITY, null);
  new EventRing(layout);
  const buffer = new ArrayBuffer(layout.bytes);
  return {
    writer: new EventRing(new Layout(CAPACITY, buffer)),
    reader: new EventRing(new Layout(CAPACITY, buffer)),
    cells: new Int32Array(buffer),
  };
}
function put(ring: EventRing, number: number): void {
  ring.put(EventKind.circuit, number, number % 3, number % 9, number * 7, -number);
}
function taken(ring: EventRing): Event[] {
  const events: Event[] = [];
  ring.take((event) => events.push(event));
  return events;
}
const subjects = (ring: EventRing): number[] => taken(ring).map(({ subject }) => subject);

describe('the ring', () => {
  test('hands each event on once, whole and in order', () => {
    const { writer, reader } = ringOf();
    for (const number of [3, 1, 2]) put(writer, number);
    assert.deepEqual(taken(reader), [
      { kind: 1, subject: 3, state: 0, cause: 3, failures: 21, attempts: -3 },
      { kind: 1, subject: 1, state: 1, cause: 1, failures: 7, attempts: -1 },
      { kind: 1, subject: 2, state: 2, cause: 2, failures: 14, attempts: -2 },
    ]);
    assert.deepEqual(taken(reader), []);
    put(writer, 4);
    assert.deepEqual(subjects(reader), [4]);
  });

  test('loses the oldest when more come than it holds, and says how many', () => {
    const runs = fc.array(fc.integer({ min: 0, max: 3 * EVENTS_MAX }), { maxLength: 4 });
    fc.assert(
      fc.property(runs, (bursts) => {
        const { writer, reader } = ringOf();
        let [number, seen] = [0, 0];
        for (const burst of bursts) {
          for (let event = 0; event < burst; event++) put(writer, number++);
          const got = subjects(reader);
          seen += got.length;
          assert.equal(got.length, Math.min(burst, EVENTS_MAX));
          got.forEach((subject, at) => assert.equal(subject, number - got.length + at));
        }
        assert.equal(reader.lost, number - seen);
      }),
      { numRuns: 30 },
    );
  });

  test('goes on when the numbers of 32 bits wrap', () => {
    const { writer, reader, cells } = ringOf();
    for (const start of [2 ** 31 - 3, -3]) {
      // The reader gets to where the writer stands, just before the wrap, by losing what was never written.
      cells[0] = start | 0;
      for (let look = 0; look < 9 * EVENTS_MAX; look++) taken(reader);
      for (let event = 0; event < 6; event++) put(writer, event);
      assert.deepEqual(subjects(reader), [0, 1, 2, 3, 4, 5]);
    }
  });
});

describe('writers that die or are held up', () => {
  /** Draws a number and writes nothing. */
  const drawOnly = (cells: Int32Array): void => void (cells[0]! += 1);

  test('an entry that is not written yet is waited for', () => {
    const { writer, reader, cells } = ringOf();
    put(writer, 1);
    drawOnly(cells);
    put(writer, 3);
    assert.deepEqual(subjects(reader), [1]);
    assert.deepEqual(subjects(reader), []);
  });

  test('but not for ever: its writer died', () => {
    const { writer, reader, cells } = ringOf();
    drawOnly(cells);
    put(writer, 2);
    drawOnly(cells);
    put(writer, 4);
    const got: number[] = [];
    for (let look = 0; look < 20; look++) got.push(...subjects(reader));
    assert.deepEqual([got, reader.lost], [[2, 4], 2]);
  });

  test('bug: an event overwritten while it was read came out as a mixture of two', () => {
    const { writer, reader } = ringOf();
    for (let event = 0; event < EVENTS_MAX; event++) put(writer, event);
    // As soon as the reader has read the first cells of an event, a whole round of others overtakes it.
    const load = Atomics.load.bind(Atomics) as (cells: Int32Array, at: number) => number;
    let loads = 0;
    let number = EVENTS_MAX;
    const raced = ((cells: Int32Array, at: number): number => {
      const value = load(cells, at);
      loads += 1;
      if (loads === 5) for (let event = 0; event < EVENTS_MAX; event++) put(writer, number++);
      return value;
    }) as typeof Atomics.load;
    const original = Object.getOwnPropertyDescriptor(Atomics, 'load')!;
    Object.defineProperty(Atomics, 'load', { ...original, value: raced });
    const got: Event[] = [];
    try {
      reader.take((event) => got.push(event));
    } finally {
      Object.defineProperty(Atomics, 'load', original);
    }
    for (let look = 0; look < 20; look++) got.push(...taken(reader));
    for (const { subject, failures, attempts } of got)
      assert.deepEqual([failures, attempts], [subject * 7, -subject], `event ${subject}`);
    assert.equal(got.length + reader.lost, number);
  });
});
