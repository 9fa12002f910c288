/** `/admin/copilot` over real HTTP, of a balancer whose backend fails. */
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { QUESTION_LENGTH_MAX, type CopilotAnswer, type CopilotLine } from '#contract/copilot.ts';
import { copilotAnswer, copilotLine } from '#control/admin/answers-copilot.ts';
import { administer, callAdmin, VIEWER, type Administered } from '../support/admin-client.ts';
import { ask, Origin } from '../support/origin.ts';
import { until } from '../support/until.ts';

const REQUESTS = 40;

async function failing(t: TestContext): Promise<Administered> {
  const good = await Origin.start('a');
  const bad = createServer((asked, response) => response.writeHead(asked.url === '/healthz' ? 200 : 500).end());
  await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    bad.close();
    bad.closeAllConnections();
    return good.stop();
  });
  const backends = [
    { id: 'a', url: good.url },
    { id: 'b', url: `http://127.0.0.1:${(bad.address() as AddressInfo).port}` },
  ];
  const balancer = await administer(t, { backends, pool: { strategy: 'round-robin', circuit: null, retry: null } });
  for (let sent = 0; sent < REQUESTS; sent++) await ask(balancer.port, '/proxy/');
  return balancer;
}

const found = async ({ adminPort }: Administered): Promise<CopilotAnswer> => {
  const { status, data } = await callAdmin(adminPort, 'GET', '/admin/copilot', { token: VIEWER });
  assert.equal(status, 200);
  return copilotAnswer.parse(data) satisfies CopilotAnswer;
};

const question = ({ adminPort }: Administered, body: unknown) =>
  callAdmin(adminPort, 'POST', '/admin/copilot', { token: VIEWER, body });

test('a viewer sees what is wrong, and is answered line by line', async (t) => {
  const balancer = await failing(t);
  await until('the failing backend is named first', async () => {
    const [first] = (await found(balancer)).findings;
    return first?.id === 'failing-backend:app:b';
  });
  const { status, headers, text } = await question(balancer, { question: 'Which backend is unhealthy?' });
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^application\/x-ndjson/);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => copilotLine.parse(JSON.parse(line)) satisfies CopilotLine);
  assert.deepEqual([lines[0]?.type, lines.at(-1)?.type], ['begin', 'end']);
  const findings = lines.filter((line) => line.type === 'finding');
  assert.equal(findings[0]?.finding.place.backend, 'b');
});

describe('a question', () => {
  test('of no known word is said to be none, with what can be asked', async (t) => {
    const balancer = await administer(t);
    const { text } = await question(balancer, { question: 'sing me a song' });
    const last = JSON.parse(text.trimEnd().split('\n').at(-1) as string) as { answered: boolean; canAnswer: string[] };
    assert.equal(last.answered, false);
    assert.ok(last.canAnswer.includes('Why is p99 high?'));
  });

  test('that is empty, too long or no text is a 400 that says what would be right', async (t) => {
    const balancer = await administer(t);
    for (const [body, says] of [
      [{}, /question/],
      [{ question: '  ' }, /such as/],
      [{ question: 'x'.repeat(QUESTION_LENGTH_MAX + 1) }, /at most 500 characters/],
      [{ question: 7 }, /question/],
      [{ question: 'why?', model: 'gpt' }, /model/],
    ] as const) {
      const { status, text } = await question(balancer, body);
      assert.equal(status, 400, text);
      assert.match(text, says);
    }
  });

  test('whose asker goes away leaves the next one free', async (t) => {
    const balancer = await administer(t);
    const body = JSON.stringify({ question: 'What is wrong?' });
    await new Promise<void>((resolve) => {
      const outgoing = request({
        port: balancer.adminPort,
        host: '127.0.0.1',
        method: 'POST',
        path: '/admin/copilot',
        agent: false,
        headers: {
          authorization: `Bearer ${VIEWER}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      });
      outgoing.on('error', () => {});
      outgoing.on('close', () => resolve());
      outgoing.end(body, () => outgoing.destroy());
    });
    await until(
      'it is answered',
      async () => (await question(balancer, { question: 'What is wrong?' })).status === 200,
    );
  });
});
