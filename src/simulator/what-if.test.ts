/** Whole questions: the same answer everywhere, intervals that hold, and refusals that say what would be right. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SimulatedChange } from '#contract/simulate.ts';
import { murmur3, utf8 } from '#core/math/hash.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { applyChanges } from './changes.ts';
import { estimate } from './estimate.ts';
import { changesProblems, modelProblems } from './model-check.ts';
import { ModelError } from './model-error.ts';
import { sampleModel } from './sample-model.ts';
import { whatIf, whatIfSteps } from './what-if.ts';

const SHORT = { countedMs: 3000, warmUpMs: 500 } as const;

/** Of the whole answer below. It moves when a policy or the simulator does; then look at what else has moved. */
const GOLDEN = '910dd635';

/** The hash of an answer with every strategy and policy in it. */
function goldenRun(): string {
  const model = sampleModel({
    traffic: { burstiness: 3, keys: { count: 500, skew: 1 } },
    shape: {
      service: { kind: 'lognormal', meanMs: 20, sigma: 1 },
      failures: [{ outcome: 'gateway-error', share: 0.02, afterMs: null }],
    },
    pool: { workers: 2 },
  });
  const everything: SimulatedChange[] = [
    { kind: 'hedge', after: 'p95', budget: 0.05 },
    { kind: 'slower', backend: 'b', times: 3 },
    { kind: 'outage', backend: 'c', fromMs: 1000, toMs: 2000 },
    { kind: 'patch', patch: { concurrency: { algorithm: 'vegas' }, probes: { downMs: 300, upMs: 200 } } },
  ];
  const alternatives = STRATEGIES.map(({ name }) => ({
    name,
    changes: [...everything, { kind: 'strategy', name } as const],
  }));
  const answer = utf8(JSON.stringify(whatIf({ model, alternatives, ...SHORT })));
  return murmur3(answer, 0, answer.length).toString(16);
}

describe('determinism', () => {
  test('the golden answer: every strategy and policy, bit by bit', () => assert.equal(goldenRun(), GOLDEN));

  test('another engine’s logarithms and exponentials change nothing', () => {
    const own = { log: Math.log, exp: Math.exp, sin: Math.sin, cos: Math.cos, log2: Math.log2 };
    // Far more than a last bit, which may decide nothing for long: whatever asks the engine at all is found out.
    const other = (of: (value: number) => number) => (value: number) => of(value) * 1.01;
    try {
      Object.assign(Math, { log: other(own.log), exp: other(own.exp), sin: other(own.sin), cos: other(own.cos) });
      // Asked for whole octaves, and by vegas for a step: a last bit must not matter there.
      Object.assign(Math, { log2: (value: number) => own.log2(value) * (1 + 2 ** -52) });
      assert.notEqual(Math.exp(1), own.exp(1));
      assert.equal(goldenRun(), GOLDEN);
    } finally {
      Object.assign(Math, own);
    }
  });

  test('asked again, the same; in steps, the same', () => {
    const question = { model: sampleModel(), alternatives: [], ...SHORT };
    const first = whatIf(question);
    assert.deepEqual(whatIf(question), first);
    const seen: number[] = [];
    const steps = whatIfSteps(question);
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) seen.push(step.value.done);
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
    assert.deepEqual(step.value, first);
  });
});

describe('intervals', () => {
  test('Student’s t by hand', () => {
    const { mean, low, high } = estimate([1, 2, 3, 4, 5]);
    assert.equal(mean, 3);
    const half = (2.776 * Math.sqrt(2.5)) / Math.sqrt(5);
    assert.ok(Math.abs(high - 3 - half) < 1e-12 && Math.abs(3 - low - half) < 1e-12);
    assert.deepEqual(estimate([7, NaN]), { mean: 7, low: 7, high: 7 });
    assert.ok(Number.isNaN(estimate([]).mean));
  });

  test('a difference is known better than the figures that it is of', () => {
    const { now, alternatives } = whatIf({
      model: sampleModel(),
      alternatives: [
        { name: 'same', changes: [] },
        { name: 'less', changes: [{ kind: 'without', backend: 'h' }] },
      ],
    });
    const [same, less] = alternatives;
    assert.deepEqual(same!.difference.p99Ms, { mean: 0, low: 0, high: 0 });
    const { low, high } = less!.difference.p50Ms!;
    assert.ok(low > 0, 'one backend less is slower');
    assert.ok(high - low < now.p50Ms!.high - now.p50Ms!.low + 1);
    assert.equal(less!.backends.length, 7);
    assert.ok(less!.backends[0]!.utilisation!.mean > now.backends[0]!.utilisation!.mean);
  });

  test('warnings: more comes than can be done, and too little to tell p99.9', () => {
    const { now, alternatives } = whatIf({
      model: sampleModel(),
      alternatives: [{ name: 'x2', changes: [{ kind: 'rate', times: 2 }] }],
      ...SHORT,
    });
    assert.match(now.warnings.join(), /p99\.9/);
    assert.match(alternatives[0]!.warnings.join(), /more comes than can be done/);
  });
});

describe('changes', () => {
  const model = sampleModel({ backends: 2 });
  const changed = (...changes: SimulatedChange[]) => applyChanges(model, changes);

  test('each does what it says, and leaves the model it was given', () => {
    const before = JSON.stringify(model);
    assert.deepEqual(changed({ kind: 'rate', times: 2 }).traffic.ratesPerSecond, [480]);
    assert.deepEqual(changed({ kind: 'slower', backend: 'a', times: 4 }).traffic.backends[0]!.service, { kind: 'exponential', meanMs: 100 }); // prettier-ignore
    assert.deepEqual(changed({ kind: 'add', like: 'a', count: 2 }).pool.backends.map(({ id }) => id), ['a', 'b', 'a-2', 'a-3']); // prettier-ignore
    assert.deepEqual(modelProblems(changed({ kind: 'add', like: 'a', count: 2 })), []);
    assert.deepEqual(changed({ kind: 'hedge', after: 'p90', budget: 0.1 }).pool.hedge, { after: { quantile: 0.9 }, budget: 0.1 }); // prettier-ignore
    assert.equal(changed({ kind: 'patch', patch: { retry: { attempts: 3 } } }).pool.retry!.attempts, 3);
    assert.equal(changed({ kind: 'patch', patch: { retry: { attempts: 3 } } }).pool.retry!.budgetShare, 0.2);
    assert.equal(changed({ kind: 'patch', patch: { circuit: null } }).pool.circuit, null);
    const ms = changed(
      { kind: 'hedge', after: 'p90', budget: 0.1 },
      { kind: 'patch', patch: { hedge: { after: { ms: 30 } } } },
    );
    assert.deepEqual(ms.pool.hedge, { after: { ms: 30 }, budget: 0.1 });
    assert.equal(JSON.stringify(model), before);
  });

  test('what is not there is refused, with what is', () => {
    const refused = (change: SimulatedChange, path: string, what: RegExp): void => {
      const check = (error: unknown): boolean => {
        assert.ok(error instanceof ModelError);
        assert.equal(error.path, path);
        assert.match(error.message, what);
        return true;
      };
      assert.throws(() => changed(change), check);
    };
    refused({ kind: 'without', backend: 'z' }, 'changes.0.backend', /there are a, b/);
    refused({ kind: 'strategy', name: 'fastest' }, 'changes.0.name', /there are adaptive/);
    refused({ kind: 'strategy', name: 'random', params: { x: 1 } }, 'changes.0.params.x', /has no parameter/);
    refused({ kind: 'patch', patch: { hedges: null } }, 'changes.0.patch.hedges', /it may have strategy/);
    assert.throws(() => changed({ kind: 'without', backend: 'a' }, { kind: 'without', backend: 'b' }), /last backend/);
  });
});

describe('what comes from outside', () => {
  test('a model is checked field by field', () => {
    const sample = sampleModel();
    assert.deepEqual(modelProblems(sample), []);
    assert.deepEqual(modelProblems(JSON.parse(JSON.stringify(sample))), []);
    const paths = (value: unknown): string[] => modelProblems(value).map(({ path }) => path);
    assert.deepEqual(paths(null), ['']);
    assert.deepEqual(paths({ ...sample, version: 2 }), ['version']);
    assert.deepEqual(paths({ ...sample, more: 1 }), ['more']);
    assert.deepEqual(paths({ ...sample, traffic: { ...sample.traffic, ratesPerSecond: [NaN] } }), ['traffic.ratesPerSecond.0']); // prettier-ignore
    assert.deepEqual(paths({ ...sample, traffic: { ...sample.traffic, backends: sample.traffic.backends.slice(1) } }), ['pool.backends.0.id']); // prettier-ignore
    const [first, ...rest] = sample.traffic.backends;
    const service = { kind: 'quantiles', shares: [0.5, 0.4], ms: [1, 2] };
    assert.deepEqual(paths({ ...sample, traffic: { ...sample.traffic, backends: [{ ...first, service }, ...rest] } }), ['traffic.backends.0.service']); // prettier-ignore
    const strategy = { name: 'adaptive', params: { parallelism: 1000 } };
    assert.deepEqual(paths({ ...sample, pool: { ...sample.pool, strategy } }), ['pool.strategy.params.parallelism']);
  });

  test('changes are checked too', () => {
    assert.deepEqual(
      changesProblems([
        { kind: 'rate', times: 2 },
        { kind: 'strategy', name: 'random' },
      ]),
      [],
    );
    const [problem] = changesProblems([{ kind: 'rate', times: 'x' }]);
    assert.deepEqual(problem, { path: 'changes.0.times', message: 'expected a number from 0 to 1000' });
    assert.match(changesProblems([{ kind: 'faster' }])[0]!.message, /expected one of strategy, without/);
  });

  test('a question that is too large, or too small, is refused before anything is run', () => {
    const model = sampleModel();
    const asked = (more: object) => () => whatIfSteps({ model, alternatives: [], ...more }).next();
    assert.throws(asked({ seeds: 4 }), /from 5 to 100/);
    assert.throws(asked({ countedMs: 3_600_000, requestsMax: 1000 }), /1000 are the most/);
    assert.throws(asked({ countedMs: 20 }), /fewer than 100/);
    assert.throws(asked({ alternatives: [{ name: 'x', changes: [{ kind: 'rate', times: 0 }] }] }), /nothing comes/);
  });
});
