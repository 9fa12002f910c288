/** The checker of the house rules, checked: what it must find, and what it must let pass. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { factsOf } from './support/tidy/facts.ts';
import { isThere, linkTarget, mentionedDocuments, mentionedPaths, relativeLinks } from './support/tidy/documents.ts';
import * as rules from './support/tidy/rules.ts';

type Rule = (file: string, facts: ReturnType<typeof factsOf>) => rules.Problem[];
const texts = (rule: Rule, file: string, source: string) => rule(file, factsOf(file, source)).map(({ text }) => text);
const finds = (rule: Rule, file: string, source: string) => assert.equal(texts(rule, file, source).length, 1, source);
const passes = (rule: Rule, file: string, source: string) => assert.deepEqual(texts(rule, file, source), [], source);

describe('imports', () => {
  test('every way to import is seen', () => {
    for (const source of [
      `import net from 'node:net';`,
      `import type { Socket } from 'node:net';`,
      `import 'node:net';`,
      `export { connect } from 'node:net';`,
      `export * from 'node:net';`,
      `const net = await import('node:net');`,
      'const net = await import(`node:net`);',
      `type Socket = import('node:net').Socket;`,
      `const net = require('node:net');`,
      `const net = await import(name);`,
    ]) {
      finds(rules.imports, 'src/core/plan.ts', source);
    }
    finds(rules.imports, 'src/proxy/data-plane.ts', `new Worker(new URL('../worker/main.ts', import.meta.url));`);
    passes(
      rules.imports,
      'src/supervisor/worker-pool.ts',
      `new Worker(new URL('../worker/main.ts', import.meta.url));`,
    );
  });

  test('what only looks like an import is not one', () => {
    passes(rules.imports, 'src/core/plan.ts', `// import net from 'node:net';\nconst text = "import 'node:net'";`);
    passes(rules.imports, 'src/core/plan.ts', `const url = new URL('http://a/b.ts');`);
  });

  test('layers may import what the table says', () => {
    const cases: [file: string, specifier: string, right: boolean][] = [
      ['src/proxy/exchange.ts', '#core/outcome.ts', true],
      ['src/proxy/exchange.ts', './attempt.ts', true],
      ['src/proxy/exchange.ts', '#control/config/load.ts', false],
      ['src/proxy/exchange.ts', '../core/outcome.ts', false],
      ['src/proxy/exchange.ts', 'node:net', false],
      ['src/proxy/exchange.ts', 'node:fs', false],
      ['src/proxy/exchange.ts', 'pino', false],
      ['src/transport/net/engine.ts', 'node:net', true],
      ['src/transport/net/engine.ts', '#http1/head.ts', false],
      ['src/worker/main.ts', '#control/admin/routes.ts', false],
      ['src/supervisor/worker-pool.ts', '#worker/messages.ts', true],
      ['src/supervisor/worker-pool.ts', '#cli/run.ts', false],
      ['src/cli/top.ts', '#memory/slots.ts', false],
      ['src/cli/run.ts', '#supervisor/supervisor.ts', true],
      ['src/control/config/schema.ts', 'zod', true],
      ['src/core/plan.ts', 'zod', false],
      ['src/simulator/simulation.ts', 'node:fs', false],
      ['src/main.ts', '#cli/run.ts', true],
      ['src/main.ts', 'commander', true],
      ['src/main.ts', '#supervisor/supervisor.ts', false],
      ['src/main.ts', 'node:fs', false],
      ['src/core/plan.ts', '../../test/run.ts', false],
      ['src/novel/thing.ts', '#core/plan.ts', false],
    ];
    for (const [file, specifier, right] of cases) {
      (right ? passes : finds)(rules.imports, file, `import '${specifier}';`);
    }
  });

  test('tests beside their source may import what they need', () => {
    passes(rules.imports, 'src/core/plan.test.ts', `import 'node:test'; import '#memory/slots.ts';`);
  });
});

test('purity: names are found as values, not as members or words', () => {
  for (const source of [
    'Date.now();',
    'new Date();',
    'Math.random();',
    'setTimeout(f, 1);',
    'const t = performance;',
  ]) {
    finds(rules.purity, 'src/memory/slots.ts', source);
    passes(rules.purity, 'src/supervisor/backoff.ts', source);
  }
  passes(
    rules.purity,
    'src/core/plan.ts',
    `// Date, process and Math.random are not used\nconst a = { process: 1 }; a.process;`,
  );
  passes(rules.purity, 'src/http1/head.ts', `interface A { Date: number } const names = ['Date']; Math.floor(1);`);
});

test('barrels', () => {
  finds(rules.barrels, 'src/core/all.ts', `export * from './a.ts'; export { b } from './b.ts';`);
  finds(rules.barrels, 'src/proxy/index.ts', `export const a = 1;`);
  passes(rules.barrels, 'src/core/strategies/index.ts', `export * from './a.ts';`);
  passes(rules.barrels, 'src/core/a.ts', `export * from './b.ts'; export const a = 1;`);
});

test('file names', () => {
  for (const bad of [
    'src/core/fooBar.ts',
    'src/core/utils.ts',
    'src/helpers/a.ts',
    'src/proxy/pool-manager.ts',
    'src/a_b.ts',
  ]) {
    finds(rules.fileName, bad, '');
  }
  for (const good of ['src/core/two-choices.test.ts', 'src/simulator/service-times.ts', 'src/http1/head.ts']) {
    passes(rules.fileName, good, '');
  }
});

test('comparisons with strategy names and status codes', () => {
  const strategies = rules.strategyNames(new Set(['adaptive']));
  finds(strategies, 'src/proxy/pool.ts', `if (plan.name === 'adaptive') f();`);
  finds(strategies, 'src/proxy/pool.ts', `switch (plan.name) { case 'adaptive': f(); }`);
  passes(strategies, 'src/core/strategies/index.ts', `if (name === 'adaptive') f();`);
  passes(strategies, 'src/control/config/schema.ts', `const fallback = 'adaptive';`);

  const statuses = rules.statusCodes([{ file: 'src/proxy/tunnel.ts', literals: ['101'], why: 'example' }]);
  finds(statuses, 'src/proxy/exchange.ts', `if (head.status >= 500) f();`);
  finds(statuses, 'src/proxy/exchange.ts', `switch (status) { case 502: f(); }`);
  finds(statuses, 'src/proxy/tunnel.ts', `if (status === 204) f();`);
  passes(statuses, 'src/proxy/tunnel.ts', `if (status === 101) f();`);
  passes(statuses, 'src/core/outcome.ts', `if (status < 500) f();`);
  passes(statuses, 'src/proxy/exchange.ts', `if (length > 500) f();`);
});

test('narrowed tests and skips without a reason', () => {
  for (const source of [
    `test.only('a', f);`,
    `test('a', { only: true }, f);`,
    `test.skip('a', f);`,
    `test('a', { skip: true }, f);`,
  ]) {
    finds(rules.testSlips, 'src/core/a.test.ts', source);
  }
  finds(rules.testSlips, 'src/core/a.test.ts', `test('a', (t) => t.skip());`);
  passes(rules.testSlips, 'src/core/a.test.ts', `test('a', { skip: need('nginx') }, (t) => t.skip('no root'));`);
});

test('text that belongs elsewhere', () => {
  const found = (text: string) => rules.textProblems('docs/a.md', text).length;
  assert.equal(found('see /home/user/edgebalancer'), 1);
  assert.equal(found('cd "/home/x"'), 1);
  assert.equal(found('as shared/research/routing.md says'), 1);
  assert.equal(found('a sub-agent wrote this'), 1);
  assert.equal(found('GET /proxy/home/ and bench/.work/ and https://example.com/home/x'), 0);
  assert.equal(found('the user-agent field; a session cookie'), 0);
});

describe('documents', () => {
  test('links are read outside code and lead from their document', () => {
    const text = 'a [b](docs/c.md#d) [e](https://e/f.md) `[g](h.md)`\n```\n[i](j.md)\n```\n[k](#l)\n[m]: ./n.md\n';
    assert.deepEqual(relativeLinks(text), ['docs/c.md', './n.md']);
    assert.equal(linkTarget('docs/a.md', '../README.md'), 'README.md');
  });

  test('mentioned files are found from the root, from src/ or by their end', () => {
    const files = ['src/core/outcome.ts', 'docs/decisions/0001-a.md'];
    assert.deepEqual(mentionedPaths('`core/outcome.ts`, `Plan`, `npm test`, `docs/decisions/`'), [
      'core/outcome.ts',
      'docs/decisions/',
    ]);
    for (const there of ['src/core/outcome.ts', 'core/outcome.ts', 'outcome.ts', 'docs/decisions/', 'core/']) {
      assert.ok(isThere(there, files), there);
    }
    for (const missing of ['core/fault.ts', 'come.ts', 'docs/decision/']) assert.ok(!isThere(missing, files), missing);
  });

  test('documents named in comments', () => {
    assert.deepEqual(mentionedDocuments(`/** See docs/a.md. */\nconst x = 'b.md'; // and c.md\n`), [
      'docs/a.md',
      'c.md',
    ]);
  });
});
