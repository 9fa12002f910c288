import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { IncidentFigures } from '#contract/incidents.ts';
import { PAST_MIN, signsOf, usualOf } from './normal-range.ts';

const figures = (more: Partial<IncidentFigures> = {}): IncidentFigures => ({
  requests: 600,
  p99Ms: 40,
  errors: 0.001,
  circuitOpens: 0,
  ...more,
});
const PAST = Array.from({ length: 20 }, (_, at) => figures({ p99Ms: 38 + (at % 5) }));

describe('what leaves its normal range', () => {
  const cases: readonly (readonly [string, Partial<IncidentFigures>, readonly string[]])[] = [
    ['all as ever', {}, []],
    ['p99 three times as high', { p99Ms: 120 }, ['p99']],
    ['p99 a little higher', { p99Ms: 58 }, []],
    ['a tenth fails', { errors: 0.1 }, ['errors']],
    ['a hundredth fails', { errors: 0.01 }, []],
    ['a circuit opens', { circuitOpens: 1 }, ['circuits']],
    ['all at once', { p99Ms: 500, errors: 0.5, circuitOpens: 2 }, ['p99', 'errors', 'circuits']],
    ['few requests, of which one is slow', { requests: 20, p99Ms: 900 }, []],
    ['few requests, of which four fail', { requests: 10, errors: 0.4 }, []],
    ['nothing came', { requests: 0, p99Ms: null, errors: null }, []],
  ];
  for (const [what, more, signs] of cases) test(what, () => assert.deepEqual(signsOf(figures(more), PAST), signs));

  test('nothing is normal before there is a past', () => {
    assert.deepEqual(signsOf(figures({ errors: 1 }), PAST.slice(0, PAST_MIN - 1)), []);
  });

  test('a service that is restless by nature is let be', () => {
    const restless = Array.from({ length: 20 }, (_, at) => figures({ p99Ms: at % 4 === 0 ? 200 : 40 }));
    assert.deepEqual(signsOf(figures({ p99Ms: 220 }), restless), []);
    assert.deepEqual(signsOf(figures({ p99Ms: 400 }), restless), ['p99']);
  });

  test('what the past had nobody is alarmed by, whatever it is', (t) => {
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const any = fc.record({
      requests: fc.nat(5000),
      p99Ms: fc.option(fc.double({ min: 0.1, max: 5000, noNaN: true })),
      errors: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      circuitOpens: fc.nat(3),
    });
    fc.assert(
      fc.property(any, (drawn) => {
        const one = { ...drawn };
        const past = Array.from({ length: 12 }, () => one);
        assert.deepEqual(signsOf(one, past), []);
        assert.deepEqual(usualOf(past), one);
      }),
      { seed },
    );
  });
});
