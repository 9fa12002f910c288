import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanFieldLines } from '#http1/field-lines.ts';
import { Fields } from '#http1/head.ts';
import { ReuseTerms } from './reuse-terms.ts';

const POOL_IDLE_MS = 50_000;
function answer(terms: ReuseTerms, keepAlive: string | null): ReuseTerms {
  const buf = Buffer.from(`X: y\r\n${keepAlive === null ? '' : `Keep-Alive: ${keepAlive}\r\n`}\r\n`, 'latin1');
  const fields = new Fields(10);
  scanFieldLines(buf, 0, buf.length, fields, 10);
  terms.answered(buf, fields);
  return terms;
}
const idleMs = (keepAlive: string | null, poolIdleMs = POOL_IDLE_MS): number =>
  answer(new ReuseTerms(), keepAlive).idleMs(poolIdleMs);

test("a connection is given up a second before the backend's own time is over, or at half of a short time", () => {
  const table: readonly (readonly [string | null, number])[] = [
    [null, POOL_IDLE_MS],
    ['timeout=5', 4000],
    ['timeout=2', 1000],
    ['timeout=1', 500],
    ['timeout=0', 0],
    ['timeout=3600', POOL_IDLE_MS],
    ['timeout=soon', POOL_IDLE_MS],
  ];
  for (const [keepAlive, want] of table) assert.equal(idleMs(keepAlive), want, String(keepAlive));
  assert.equal(idleMs(null, 0), Infinity);
  assert.equal(idleMs('timeout=5', 0), 4000);
  assert.equal(idleMs('timeout=60', 10), 10);
});

test('the latest timeout counts, and an answer without one changes nothing', () => {
  const terms = answer(new ReuseTerms(), 'timeout=5');
  assert.equal(answer(terms, null).idleMs(POOL_IDLE_MS), 4000);
  assert.equal(answer(terms, 'timeout=10').idleMs(POOL_IDLE_MS), 9000);
});

test('requests end where the backend said, counted down or repeated', () => {
  const servedUntilGivenUp = (max: (served: number) => number): number => {
    const terms = new ReuseTerms();
    for (let served = 1; served < 100; served++)
      if (answer(terms, `timeout=5, max=${max(served)}`).idleMs(POOL_IDLE_MS) === 0) return served;
    return Infinity;
  };
  assert.equal(
    servedUntilGivenUp((served) => 10 - served),
    10,
  );
  // Node says the same number each time, and closes by itself after so many.
  assert.equal(
    servedUntilGivenUp(() => 10),
    11,
  );
  assert.equal(
    servedUntilGivenUp(() => 0),
    1,
  );
});
