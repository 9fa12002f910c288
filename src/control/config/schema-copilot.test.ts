import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

const POOL = `listeners: [{ address: "127.0.0.1:0" }]
pools: { app: { backends: ["http://127.0.0.1:1"] } }
`;

function problemsOf(copilot: string): readonly string[] {
  return loadConfig(`${POOL}copilot: ${copilot}\n`, 'f', {}).problems.map(formatProblem);
}

test('a model provider needs a model, one of one’s own an address, and a limit of money prices', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{ provider: openai }', /copilot\.model: expected the name of a model: openai has many/],
    ['{ provider: openai-compatible, model: m }', /copilot\.baseUrl: expected the address of the server/],
    ['{ provider: anthropic, model: m, baseUrl: "ftp://a" }', /copilot\.baseUrl: expected a URL with http or https/],
    ['{ costPerDay: 5 }', /copilot\.price: expected what tokens cost/],
    ['{ provider: gpt }', /copilot\.provider/],
    ['{ steps: 0 }', /copilot\.steps/],
  ];
  for (const [written, says] of cases) {
    const problems = problemsOf(written);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', says);
  }
});

test('what is whole is taken, and the built-in provider needs nothing', () => {
  for (const written of [
    '{}',
    '{ provider: builtin }',
    '{ provider: bedrock, model: anthropic.claude, tokensPerDay: 0 }',
    '{ provider: openai-compatible, model: m, baseUrl: "http://127.0.0.1:11434/v1" }',
    '{ provider: anthropic, model: m, price: { input: 3, output: 15 }, costPerDay: 2.5 }',
  ])
    assert.deepEqual(problemsOf(written), [], written);
});
