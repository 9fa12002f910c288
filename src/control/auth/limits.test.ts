/** What holds up wrong tokens and floods, on a clock of its own. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { GuessLimit } from './guess-limit.ts';
import { RequestLimit } from './request-limit.ts';

describe('wrong tokens', () => {
  test('five are free, then each makes its network wait longer, up to a minute', () => {
    const limit = new GuessLimit();
    let now = 0;
    for (let free = 0; free < 5; free++) assert.equal(limit.wrong('192.0.2.1', now), 0);
    const waits: number[] = [];
    for (let turn = 0; turn < 9; turn++) {
      const wait = limit.wrong('192.0.2.1', now);
      waits.push(wait);
      now += wait * 1000;
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('within the wait, only what is left of it is said, and it does not grow', () => {
    const limit = new GuessLimit();
    for (let turn = 0; turn < 8; turn++) limit.wrong('192.0.2.1', turn < 6 ? 0 : turn * 2000);
    const at = 7 * 2000;
    for (let turn = 0; turn < 100; turn++) assert.equal(limit.wrong('192.0.2.1', at + 1000), 3);
    assert.equal(limit.wrong('192.0.2.1', at + 4000), 8);
  });

  test('are counted by IPv4 address and by the /64 of an IPv6 one', () => {
    const limit = new GuessLimit();
    for (let turn = 0; turn < 6; turn++) limit.wrong(`2001:db8:1:2::${turn}`, 0);
    assert.ok(limit.wrong('2001:db8:1:2:ffff::1', 0) > 0);
    assert.equal(limit.wrong('2001:db8:1:3::1', 0), 0);
    assert.equal(limit.wrong('192.0.2.2', 0), 0);
  });

  test('are forgotten after ten quiet minutes', () => {
    const limit = new GuessLimit();
    for (let turn = 0; turn < 6; turn++) limit.wrong('192.0.2.1', 0);
    assert.equal(limit.wrong('192.0.2.1', 600_001), 0);
  });

  test('many networks together get no more than the allowance for all', () => {
    const limit = new GuessLimit();
    let free = 0;
    for (let at = 0; at < 5000; at++) if (limit.wrong(`10.0.${at >> 8}.${at & 255}`, 0) === 0) free += 1;
    assert.equal(free, 200);
    assert.equal(limit.wrong('198.51.100.1', 1000), 0, 'it refills');
  });

  test('never remembers more networks than it says', () => {
    const limit = new GuessLimit();
    for (let at = 0; at < 10_000; at++) limit.wrong(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, at);
    assert.equal(limit.size, 4096);
  });
});

describe('requests', () => {
  const limits = { each: { perSecond: 10, burst: 20 }, all: { perSecond: 30, burst: 50 } };

  test('a network gets its burst, then its rate', () => {
    const limit = new RequestLimit(limits, 0);
    const taken = (at: number): number => Array.from({ length: 100 }, () => limit.take('a', at)).filter(Boolean).length;
    assert.equal(taken(0), 20);
    assert.equal(taken(1000), 10);
    assert.equal(taken(60_000), 20);
    assert.equal(limit.refused, 250);
  });

  test('one network takes nothing of another, but of what all have together', () => {
    const limit = new RequestLimit(limits, 0);
    for (let turn = 0; turn < 1000; turn++) limit.take('loud', 0);
    assert.equal(limit.take('quiet', 0), true);
    for (let at = 0; at < 1000; at++) limit.take(`flood ${at}`, 0);
    assert.equal(limit.take('another', 0), false);
  });

  test('a flood from many networks does not shut out whoever has shown a right token', () => {
    const limit = new RequestLimit(limits, 0);
    limit.trust('operator', 0);
    for (let at = 0; at < 1000; at++) limit.take(`flood ${at}`, 0);
    assert.equal(limit.take('operator', 0), true);
    assert.equal(limit.take('operator', 600_001), true, 'all is quiet again');
    for (let at = 0; at < 1000; at++) limit.take(`flood ${at}`, 600_001);
    assert.equal(limit.take('operator', 600_001), false, 'a right token is remembered for ten minutes');
  });

  test('never more than burst and rate, whenever requests come', (t) => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 300 }), (gaps) => {
        const limit = new RequestLimit(limits, 0);
        let now = 0;
        let taken = 0;
        for (const gap of gaps) {
          now += gap;
          if (limit.take('a', now)) taken += 1;
        }
        assert.ok(taken <= 20 + (now * 10) / 1000 + 1e-6);
      }),
      { reporter: (out) => out.failed && t.diagnostic(`seed ${out.seed}`), numRuns: 200 },
    );
  });
});
