import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { settled, VirtualTimers } from '../../../test/support/virtual-timers.ts';
import { EventHub, type TakeFigures } from './event-hub.ts';
import { KEPT_BYTES_MAX, KEPT_MAX } from './event-memory.ts';
import { BEAT_MS, BEHIND_BYTES_MAX, type StreamTerms } from './event-stream.ts';
import { EACH_MAX, NOBODIES_MAX, SUBSCRIBERS_MAX } from './places.ts';

const START = '0123456789ab';
const TERMS: StreamTerms = { types: null, owner: { key: 'k', known: true }, beatMs: BEAT_MS, isWelcome: () => true };
const noFigures = {} as ReturnType<TakeFigures>;

function hub(figures: () => TakeFigures = () => () => noFigures, start = START) {
  const timers = new VirtualTimers();
  const made = new EventHub({ start, timers, figures });
  const panic = (pool: string): void => made.publish('panic', { pool, panic: true });
  const stream = (terms: Partial<StreamTerms> = {}, after: string | null = null): Readable => {
    const given = made.subscribe({ ...TERMS, ...terms }, after);
    if (typeof given === 'string') assert.fail(given);
    return given;
  };
  return { timers, hub: made, panic, stream };
}

/** Keeps what a stream says, as it comes. */
function reading(stream: Readable): { text: string; over: boolean } {
  const read = { text: '', over: false };
  stream.on('data', (part: Buffer) => (read.text += part.toString()));
  stream.on('close', () => (read.over = true));
  return read;
}

const idsIn = (text: string): number[] =>
  [...text.matchAll(/^event: panic\nid: \w+-(\d+)$/gm)].map(([, id]) => Number(id));
const gapIn = (text: string): unknown => {
  const found = /^event: gap\nid: .*\ndata: (.*)$/m.exec(text);
  if (found === null) return null;
  const { reason, missed } = JSON.parse(found[1] as string) as { reason: string; missed: number | null };
  return [reason, missed];
};

describe('a stream', () => {
  test('begins with when to come back and an id, and says what happens in order', async () => {
    const { panic, stream, timers } = hub();
    panic('before');
    const read = reading(stream());
    panic('a');
    panic('b');
    await settled();
    const at = new Date(timers.wallMs()).toISOString();
    const event = (number: number, pool: string): string =>
      `event: panic\nid: ${START}-${number}\ndata: {"at":"${at}","pool":"${pool}","panic":true}\n\n`;
    assert.equal(read.text, `retry: 2000\nid: ${START}-1\n\n${event(2, 'a')}${event(3, 'b')}`);
  });

  test('has only the types that were asked for, and the ids of all', async () => {
    const { hub: made, panic, stream } = hub();
    const read = reading(stream({ types: new Set(['panic']) }));
    made.publish('drain', { graceMs: 1 });
    panic('a');
    await settled();
    assert.doesNotMatch(read.text, /drain/);
    assert.deepEqual(idsIn(read.text), [2]);
  });

  test('beats every 15 s while nothing happens, and no sooner', async () => {
    const { timers, panic, stream } = hub();
    const read = reading(stream({ types: new Set(['panic']) }));
    await timers.advance(14_000);
    assert.doesNotMatch(read.text, /^:$/m);
    panic('a');
    await timers.advance(14_000);
    assert.doesNotMatch(read.text, /^:$/m);
    await timers.advance(1_000);
    assert.equal(read.text.match(/^:$/gm)?.length, 1);
    await timers.advance(30_000);
    assert.equal(read.text.match(/^:$/gm)?.length, 3);
  });

  test('ends within a second of its right to read', async () => {
    const { timers, hub: made, stream } = hub();
    let good = true;
    const read = reading(stream({ isWelcome: () => good }));
    const other = reading(stream());
    await timers.advance(5_000);
    assert.equal(read.over, false);
    good = false;
    await timers.advance(1_000);
    assert.deepEqual([read.over, other.over, made.counts.open], [true, false, 1]);
  });
});

describe('coming back', () => {
  test('whatever was seen last, what is kept of the rest comes once, in order, and what is not is told', async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    t.diagnostic(`seed ${seed}`);
    await fc.assert(
      fc.asyncProperty(fc.nat(KEPT_MAX * 3), fc.nat(KEPT_MAX * 3), fc.nat(40), async (published, seen, later) => {
        const { panic, stream } = hub();
        for (let at = 0; at < published; at++) panic('p');
        const after = Math.min(seen, published);
        const read = reading(stream({}, `${START}-${after}`));
        for (let at = 0; at < later; at++) panic('p');
        await settled();
        const first = Math.max(after, published - KEPT_MAX) + 1;
        const wanted = Array.from({ length: published + later - first + 1 }, (_, at) => first + at);
        assert.deepEqual(idsIn(read.text), wanted);
        const lost = first - 1 - after;
        assert.deepEqual(gapIn(read.text), lost > 0 ? ['overrun', lost] : null);
        // Cut off before anything is read, it comes back to the same place.
        assert.ok(read.text.startsWith(`retry: 2000\nid: ${START}-${first - 1}\n\n`));
      }),
      { numRuns: 60, seed },
    );
  });

  test('with an id of another start, or none that was given, is told so and has all that is kept', async () => {
    const { panic, stream } = hub();
    panic('a');
    panic('b');
    for (const [after, gap] of [
      ['ffffffffffff-1', ['restarted', null]],
      [`${START}-3`, ['unknown', null]],
      ['nonsense', ['unknown', null]],
      [`${START}-1`, null],
      [`${START}-2`, null],
    ] as const) {
      const read = reading(stream({}, after));
      await settled();
      assert.deepEqual(gapIn(read.text), gap, after);
      assert.deepEqual(idsIn(read.text), gap !== null ? [1, 2] : after.endsWith('1') ? [2] : []);
    }
  });

  test('has of what is kept only the types that are asked for, and is told of a gap whatever they are', async () => {
    const { hub: made, panic, stream } = hub();
    made.publish('drain', { graceMs: 1 });
    panic('a');
    const read = reading(stream({ types: new Set(['panic']) }, 'ffffffffffff-1'));
    await settled();
    assert.doesNotMatch(read.text, /drain/);
    assert.deepEqual([idsIn(read.text), gapIn(read.text)], [[2], ['restarted', null]]);
  });

  test('large events are kept within a bound of bytes, and all of them can be sent at once', async () => {
    const { hub: made, stream } = hub();
    const large = 'x'.repeat(20_000);
    for (let at = 0; at < 100; at++) made.publish('panic', { pool: large, panic: true });
    const read = reading(stream({}, `${START}-0`));
    await settled();
    const kept = idsIn(read.text);
    assert.ok(read.text.length <= KEPT_BYTES_MAX + 1000 && kept.length > 20, `${kept.length} are kept`);
    assert.deepEqual([kept.at(-1), gapIn(read.text)], [100, ['overrun', 100 - kept.length]]);
    assert.equal(made.counts.dropped, 0);
  });
});

describe('figures', () => {
  test('are taken once a second for all, only while somebody wants them', async () => {
    let begun = 0;
    const taken: number[] = [];
    const {
      timers,
      hub: made,
      stream,
    } = hub(() => {
      begun += 1;
      return (seconds) => {
        taken.push(seconds);
        return noFigures;
      };
    });
    assert.equal(timers.pending, 0);
    const plain = stream({ types: new Set(['panic']) });
    await timers.advance(3_000);
    assert.deepEqual([begun, taken], [0, []]);
    const [a, b] = [stream(), stream()];
    const read = reading(a);
    await timers.advance(3_000);
    assert.deepEqual([begun, taken], [1, [1, 1, 1]]);
    assert.equal(read.text.match(/^event: metrics$/gm)?.length, 3);
    a.destroy();
    b.destroy();
    await timers.advance(2_000);
    assert.deepEqual([begun, taken.length, made.counts.open], [1, 3, 1]);
    plain.destroy();
    await settled();
    assert.equal(timers.pending, 0, 'nothing is to be done while nobody listens');
    stream().resume();
    await timers.advance(1_000);
    assert.deepEqual([begun, taken.length], [2, 4]);
  });

  test('have the id of the change before them', async () => {
    const { timers, panic, stream } = hub();
    const read = reading(stream());
    panic('a');
    await timers.advance(1_000);
    assert.match(read.text, new RegExp(`event: metrics\nid: ${START}-1\ndata: {"at":"[^"]+","seconds":1}`));
  });
});

describe('bounds', () => {
  test('whoever does not read is cut off with what waits for it bounded; the others never notice', async () => {
    const { hub: made, panic, stream } = hub();
    const slow = stream();
    const read = reading(stream());
    const frame = 300;
    let most = 0;
    for (let at = 0; at < (BEHIND_BYTES_MAX / frame) * 2; at++) {
      panic('p'.repeat(frame));
      most = Math.max(most, slow.readableLength);
      if (at % 100 === 0) await settled();
    }
    assert.equal(slow.destroyed, true);
    assert.ok(most <= BEHIND_BYTES_MAX && most > BEHIND_BYTES_MAX - 1000, `${most}`);
    assert.deepEqual(made.counts, { open: 1, dropped: 1, refused: 0 });
    assert.equal(read.over, false);
    assert.ok(idsIn(read.text).every((id, at) => id === at + 1));
  });

  test('there are so many places, so many of one owner, and some for whoever is known; they come free', async () => {
    const { hub: made } = hub();
    const take = (key: string, known: boolean): Readable | string =>
      made.subscribe({ ...TERMS, owner: { key, known } }, null);
    const own = Array.from({ length: EACH_MAX }, () => take('a', true));
    assert.equal(take('a', true), 'full');
    for (let at = 0; at < NOBODIES_MAX; at++) assert.notEqual(take(`net ${at}`, false), 'full');
    assert.equal(take('another net', false), 'full');
    const left = SUBSCRIBERS_MAX - EACH_MAX - NOBODIES_MAX;
    for (let at = 0; at < left; at++) assert.notEqual(take(`b ${at}`, true), 'full');
    assert.equal(take('c', true), 'full');
    assert.deepEqual(made.counts, { open: SUBSCRIBERS_MAX, dropped: 0, refused: 3 });
    (own[0] as Readable).destroy();
    await settled();
    assert.notEqual(take('a', true), 'full');
  });

  test('closing ends every stream in order, cuts off those that are behind, and takes no new one', async () => {
    const { hub: made, panic, stream, timers } = hub();
    const read = reading(stream());
    const slow = stream();
    slow.on('readable', () => {});
    panic('a');
    await settled();
    made.publish('drain', { graceMs: 5 });
    made.close();
    await settled();
    assert.match(read.text, /event: drain\n/);
    assert.deepEqual([read.over, slow.destroyed, made.counts.open], [true, true, 0]);
    assert.equal(made.subscribe(TERMS, null), 'closed');
    assert.equal(timers.pending, 0);
  });
});
