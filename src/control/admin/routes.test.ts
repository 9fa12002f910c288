import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { OverviewAnswer, ProblemAnswer, StrategyAnswer } from '#contract/admin.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import { observedTwo } from '../../../test/support/observed.ts';
import { answerTo } from './routes.ts';
import { pageAnswer } from './status-page.ts';
import type { AdminView } from './view.ts';

function view(part: Partial<AdminView> = {}): AdminView {
  const { observed } = observedTwo();
  return {
    observed: () => observed,
    overview: () => ({ revision: 7 }) as OverviewAnswer,
    processFacts: () => assert.fail('not asked for'),
    unready: () => null,
    ...part,
  };
}
const body = <T>(text: string): T => JSON.parse(text) as T;

describe('admin API', () => {
  test('a path that does not exist is told which do', () => {
    for (const target of ['/admin', '/admin/backends/', '/nope', '//', '/__proto__', '/constructor', '*']) {
      const answer = answerTo('GET', target, view());
      assert.equal(answer.status, 404, target);
      assert.match(body<ProblemAnswer>(answer.body).detail, /\/admin\/overview, \/admin\/backends, .*\/metrics/);
    }
  });

  test('a path that exists is only read', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = answerTo(method, '/admin/backends', view());
      assert.equal(answer.status, 405);
      assert.equal(answer.headers?.['allow'], 'GET, HEAD');
    }
    assert.equal(answerTo('HEAD', '/admin/backends', view()).status, 200);
  });

  test('queries and absolute targets find the same path', () => {
    assert.equal(answerTo('GET', '/admin/overview?x=1', view()).status, 200);
    assert.equal(answerTo('GET', 'http://host/admin/overview', view()).status, 200);
  });

  test('readiness follows the supervisor; liveness does not', () => {
    const draining = view({ unready: () => 'draining' });
    assert.equal(answerTo('GET', '/readyz', view()).status, 200);
    assert.equal(answerTo('GET', '/readyz', draining).status, 503);
    assert.equal(answerTo('GET', '/healthz', draining).status, 200);
  });

  test('strategies: the one in force for each pool, and all there are', () => {
    const answer = body<StrategyAnswer>(answerTo('GET', '/admin/strategy', view()).body);
    assert.deepEqual(answer.pools, { app: { name: 'round-robin', params: {} } });
    const names = answer.available.map(({ name }) => name);
    assert.deepEqual(
      names,
      STRATEGIES.map(({ name }) => name),
    );
  });
});

describe('status page', () => {
  test('may run its own script and style, and nothing else', () => {
    const answer = answerTo('GET', '/', view());
    const policy = answer.headers?.['content-security-policy'] ?? '';
    const hash = (element: string): string => {
      const [, text] = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(answer.body) ?? [];
      return createHash('sha256')
        .update(text ?? '')
        .digest('base64');
    };
    assert.ok(policy.includes(`script-src 'sha256-${hash('script')}'`), policy);
    assert.ok(policy.includes(`style-src 'sha256-${hash('style')}'`), policy);
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /unsafe/);
  });

  test('holds nothing that the policy would stop: no handlers, no style attributes, nothing from elsewhere', () => {
    const { body: html } = answerTo('GET', '/', view());
    assert.doesNotMatch(html, /\son[a-z]+=|\sstyle=|innerHTML|<script [^>]|<link rel="stylesheet"/);
    assert.doesNotMatch(html.replace(/xmlns='[^']+'/g, ''), /https?:\/\//);
  });

  test('a page of several scripts has a hash for each', () => {
    const policy = pageAnswer('<script>1</script><script>2</script><style></style>').headers?.[
      'content-security-policy'
    ];
    assert.equal(policy?.match(/sha256-/g)?.length, 3);
  });
});
