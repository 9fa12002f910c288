import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { backendReading, poolReading, readings, span } from '../../test/support/copilot-readings.ts';
import { diagnose, EACH_MAX, FINDINGS_MAX } from './diagnose.ts';
import type { Draft, Rule } from './finding-draft.ts';
import { say } from './told.ts';

const draft = (more: Partial<Draft> = {}): Draft => ({
  severity: 'warning',
  place: { pool: 'app' },
  title: say`it is so`,
  why: say`it was seen`,
  evidence: [],
  recommendation: null,
  touches: 0.1,
  ...more,
});
const rule = (name: string, explains: readonly string[], ...drafts: Draft[]): Rule => ({
  name,
  summary: name,
  explains,
  check: () => drafts,
});
const namesOf = (rules: readonly Rule[]): string[] => diagnose(readings(), rules).map(({ finding }) => finding.id);

describe('causes and symptoms', () => {
  test('what another finding explains is its symptom, whichever comes first, with its own symptoms', () => {
    const rules = [
      rule('retries', ['slow'], draft()),
      rule('slow', [], draft()),
      rule('failing', ['retries'], draft({ place: { pool: 'app', backend: 'b' } })),
    ];
    for (const order of [rules, rules.toReversed()]) {
      const [first, ...rest] = diagnose(readings(), order);
      assert.deepEqual(rest, []);
      assert.equal(first?.finding.rule, 'failing');
      assert.deepEqual(first?.finding.symptoms.map((symptom) => symptom.rule).toSorted(), ['retries', 'slow']);
    }
  });

  test('not in another pool, nor at another backend', () => {
    const cause = rule('failing', ['slow'], draft({ place: { pool: 'app', backend: 'b' } }));
    assert.equal(namesOf([cause, rule('slow', [], draft({ place: { pool: 'other' } }))]).length, 2);
    assert.equal(namesOf([cause, rule('slow', [], draft({ place: { pool: 'app', backend: 'c' } }))]).length, 2);
    assert.equal(namesOf([cause, rule('slow', [], draft({ place: { pool: 'app', backend: 'b' } }))]).length, 1);
  });

  test('a cause is as bad as the worst that it brings about', () => {
    const [only] = diagnose(readings(), [
      rule('failing', ['panic'], draft({ severity: 'advice' })),
      rule('panic', [], draft({ severity: 'critical' })),
    ]);
    assert.equal(only?.finding.severity, 'critical');
  });
});

test('the worst first, then what touches more, then the order of the list', () => {
  assert.deepEqual(
    namesOf([
      rule('one', [], draft({ severity: 'advice', touches: 0.9 })),
      rule('two', [], draft({ touches: 0.101 })),
      rule('three', [], draft({ touches: 0.1 })),
      rule('four', [], draft({ touches: 0.5 })),
      rule('five', [], draft({ severity: 'critical', touches: 0 })),
    ]),
    ['five:app', 'four:app', 'two:app', 'three:app', 'one:app'],
  );
});

test('a thousand dead backends are a few findings', () => {
  const drafts = Array.from({ length: 1000 }, (_, at) => draft({ place: { pool: 'app', backend: `b${at}` } }));
  assert.equal(namesOf([rule('down', [], ...drafts)]).length, EACH_MAX);
  const pools = Array.from({ length: 100 }, (_, at) => draft({ place: { pool: `p${at}` } }));
  assert.equal(namesOf([rule('down', [], ...pools)]).length, FINDINGS_MAX);
});

describe('the rules themselves', () => {
  test('find nothing in a healthy pool', () => {
    assert.deepEqual(
      diagnose(readings()).map(({ finding }) => finding.id),
      [],
    );
  });

  test('name a backend that fails, with its evidence', () => {
    const failing = backendReading('b', { recent: span(400, 8, 200) });
    const pool = poolReading({ backends: [backendReading('a'), failing, backendReading('c')] });
    const [first] = diagnose(readings({ pools: [pool] }));
    assert.equal(first?.finding.id, 'failing-backend:app:b');
    assert.equal(first?.finding.severity, 'critical');
    assert.match(first?.finding.title.text ?? '', /^`b` of `app` fails 50 % of its requests$/);
    assert.deepEqual(
      first?.finding.title.cites.map(({ value, unit, windowS, source }) => [value, unit, windowS, source]),
      [[0.5, 'share', 60, 'worked out']],
    );
    assert.deepEqual(first?.whatIf?.changes, [{ kind: 'state', backend: 'b', state: 'maintenance' }]);
  });

  test('give the same for the same readings, whatever they are', (t) => {
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const spans = fc
      .tuple(fc.nat(5000), fc.float({ min: 0, max: 60_000, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([attempts, meanMs, share]) => span(attempts, meanMs, Math.floor(attempts * share)));
    const backends = fc.array(
      fc.record({
        recent: spans,
        earlier: fc.option(spans),
        state: fc.constantFrom('healthy', 'unhealthy', 'draining', 'maintenance', 'rising', 'falling', 'unknown'),
        circuit: fc.constantFrom('closed', 'open', 'half-open'),
        weight: fc.integer({ min: 1, max: 100 }),
        tier: fc.nat(2),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(backends, (list) => {
        const pool = poolReading({ backends: list.map((one, at) => backendReading(`b${at}`, one as object)) });
        const given = readings({ pools: [pool] });
        const first = diagnose(given);
        assert.deepEqual(diagnose(given), first);
        for (const { finding } of first) assertGrounded([finding.title, finding.why]);
      }),
      { seed, numRuns: 300 },
    );
  });
});

/** Every number that stands in the text is cited, in order, and finite. */
function assertGrounded(texts: readonly { text: string; cites: readonly { shown: string; value: number }[] }[]): void {
  for (const { text, cites } of texts) {
    let rest = text.replaceAll(/`[^`]*`/g, '');
    for (const { shown, value } of cites) {
      assert.ok(Number.isFinite(value), text);
      const at = rest.indexOf(shown);
      assert.ok(at >= 0, `${shown} is not in: ${text}`);
      rest = rest.slice(0, at) + rest.slice(at + shown.length);
    }
    assert.doesNotMatch(rest, /(?<![a-z\d])\d/i, text);
  }
}
