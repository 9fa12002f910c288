import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createPrng } from '../math/prng.ts';
import { HedgeGate } from './hedge-gate.ts';

const P95 = { after: { quantile: 0.95 }, budget: 0.05 };

function requests(gate: HedgeGate, count: number): void {
  for (let request = 0; request < count; request++) gate.request();
}
function takeAll(gate: HedgeGate): number {
  let taken = 0;
  while (gate.take()) taken += 1;
  return taken;
}

describe('the delay', () => {
  test('is not known before a hundred answers are', () => {
    const gate = new HedgeGate(P95);
    for (let answer = 0; answer < 99; answer++) gate.observe(10);
    assert.equal(gate.delayMs, Infinity);
    gate.observe(10);
    assert.ok(gate.delayMs >= 10 && gate.delayMs <= 11.3, `${gate.delayMs}`);
  });

  test('is the quantile asked for, not sooner and at most an eighth later, whatever the latencies', () => {
    const latencies = fc.array(fc.double({ min: 0.2, max: 60_000, noNaN: true }), { minLength: 100, maxLength: 900 });
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (seen, quantile) => {
        const gate = new HedgeGate({ after: { quantile }, budget: 1 });
        const whole = seen.slice(0, seen.length - (seen.length % 100));
        for (const ms of whole) gate.observe(ms);
        const sorted = whole.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(quantile * sorted.length) - 1]!;
        assert.ok(gate.delayMs >= exact - 1e-9, `${gate.delayMs} before ${exact}`);
        assert.ok(gate.delayMs <= exact * 1.126 + 1 / 64, `${gate.delayMs} long after ${exact}`);
      }),
      { numRuns: 200 },
    );
  });

  test('follows when backends become slower or faster', () => {
    const gate = new HedgeGate(P95);
    for (let answer = 0; answer < 5_000; answer++) gate.observe(10);
    for (let answer = 0; answer < 6_000; answer++) gate.observe(100);
    assert.ok(gate.delayMs > 95, `${gate.delayMs}`);
    for (let answer = 0; answer < 12_000; answer++) gate.observe(1);
    assert.ok(gate.delayMs < 1.2, `${gate.delayMs}`);
  });

  test('of fixed milliseconds is those, from the start', () => {
    const gate = new HedgeGate({ after: { ms: 30 }, budget: 0.05 });
    for (let answer = 0; answer < 1_000; answer++) gate.observe(500);
    assert.equal(gate.delayMs, 30);
  });
});

describe('the gate', () => {
  test('lets the budget through, and a few at once at most', () => {
    const gate = new HedgeGate(P95);
    assert.equal(takeAll(gate), 0, 'nothing is saved before the first requests');
    // One more than a hundred: shares add up to a little less than they should.
    requests(gate, 101);
    assert.equal(takeAll(gate), 5);
    requests(gate, 1_000_000);
    assert.equal(takeAll(gate), 20);
  });

  test('never lets more through than the budget of the requests so far', () => {
    const acts = fc.array(fc.constantFrom('request', 'request', 'request', 'hedge', 'won', 'lost', 'back'), {
      maxLength: 600,
    });
    fc.assert(
      fc.property(acts, fc.constantFrom(0.02, 0.3, 1), (sequence, budget) => {
        const gate = new HedgeGate({ after: { ms: 1 }, budget });
        let [asked, hedged, open] = [0, 0, 0];
        for (const act of sequence) {
          if (act === 'request') {
            gate.request();
            asked += 1;
          } else if (act === 'hedge') {
            if (!gate.take()) continue;
            hedged += 1;
            open += 1;
          } else if (act === 'back' && open > 0) {
            gate.giveBack();
            hedged -= 1;
            open -= 1;
          } else if (act === 'won' || act === 'lost') gate.won(act === 'won');
          assert.ok(hedged <= asked * budget + 1e-9, `${hedged} of ${asked}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('closes to a tenth where copies hardly ever win, and opens again when they do', () => {
    const gate = new HedgeGate(P95);
    for (let hedge = 0; hedge < 200; hedge++) gate.won(false);
    assert.ok(gate.winShare < 0.01);
    requests(gate, 1_005);
    assert.equal(takeAll(gate), 5, 'a tenth of the budget is left, to learn by');
    for (let hedge = 0; hedge < 100; hedge++) gate.won(true);
    requests(gate, 301);
    assert.equal(takeAll(gate), 15);
  });

  test('where slowness belongs to the request, hedges cost a tenth of the budget in the long run', (t) => {
    const seed = 4_711;
    t.diagnostic(`seed ${seed}`);
    const random = createPrng(seed);
    const gate = new HedgeGate(P95);
    let hedges = 0;
    for (let request = 0; request < 100_000; request++) {
      gate.request();
      if (random() >= 0.05 || !gate.take()) continue;
      hedges += 1;
      // The copy is as slow as the first, which has a head start.
      gate.won(random() < 0.02);
    }
    assert.ok(hedges < 0.007 * 100_000, `${hedges}`);
  });
});
