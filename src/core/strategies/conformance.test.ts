import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conformance } from './conformance.ts';
import { DEFAULT_STRATEGY, STRATEGIES, strategyByName } from './index.ts';

const seed = Number(process.env['SEED'] ?? 1);

for (const definition of STRATEGIES) {
  describe(`${definition.name} (seed ${seed})`, () => {
    for (const check of conformance(definition)) test(check.title, () => check.run(seed));
  });
}

test('strategies have names of their own, and the default is one of them', () => {
  assert.equal(new Set(STRATEGIES.map(({ name }) => name)).size, STRATEGIES.length);
  for (const definition of STRATEGIES) assert.equal(strategyByName(definition.name), definition);
  assert.ok(strategyByName(DEFAULT_STRATEGY));
  assert.equal(strategyByName('no-such'), undefined);
});
