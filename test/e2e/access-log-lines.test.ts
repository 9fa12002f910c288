/** What a line of the access log says of a request that went well, went wrong, or was none. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { OUTCOME_NAMES } from '#core/outcome.ts';
import { balancer, linesOf, terminate, type Line } from '../support/access-log.ts';
import type { Balancer } from '../support/balancer.ts';
import { Origin } from '../support/origin.ts';
import { temporaryDirectory } from '../support/program.ts';
import { RawClient } from '../support/raw-client.ts';
import { Recorder } from '../support/recorder.ts';
import { until } from '../support/until.ts';

describe('what a line says', () => {
  interface Bed {
    readonly backend: Recorder;
    readonly running: Balancer;
    readonly client: RawClient;
    readonly lines: () => Line[];
  }

  async function bed(t: TestContext, more: object = {}, others: readonly string[] = []): Promise<Bed> {
    const backend = await Recorder.start();
    t.after(() => backend.stop());
    const path = join(temporaryDirectory(t), 'log');
    const running = await balancer(t, [...others, backend.url], { to: path }, more);
    const client = await RawClient.connect({ port: running.port });
    t.after(() => client.destroy());
    return { backend, running, client, lines: () => linesOf(path) };
  }

  const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const one = async ({ lines }: Bed): Promise<Line> => {
    await until('the line', () => lines().length > 0);
    assert.equal(lines().length, 1);
    return lines()[0] as Line;
  };

  test('an attempt that failed and the one that made up for it', async (t) => {
    const gone = await Origin.start('gone');
    const { url } = gone;
    await gone.stop();
    const setup = await bed(t, { strategy: 'round-robin' }, [url]);
    const { client, running } = setup;
    await client.ask(get('/proxy/'));
    await client.ask(get('/proxy/'));
    await terminate(running);
    const made = setup.lines().find(({ attempts }) => attempts.length === 2);
    assert.ok(made, JSON.stringify(setup.lines()));
    assert.deepEqual(
      made.attempts.map(({ backend, outcome }) => [backend, outcome]),
      [
        [new URL(url).host, 'connect-failure'],
        [new URL(setup.backend.url).host, 'success'],
      ],
    );
    assert.deepEqual([made.status, made.reason, made.backend], [200, undefined, new URL(setup.backend.url).host]);
    for (const { outcome } of made.attempts) assert.ok((OUTCOME_NAMES as readonly string[]).includes(outcome));
  });

  test('an answer that broke off', async (t) => {
    const setup = await bed(t);
    setup.backend.script = () => ({ raw: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', end: 'close' });
    await setup.client.send(get('/proxy/'));
    await setup.client.untilClosed();
    const { status, reason, fault, attempts } = await one(setup);
    assert.deepEqual(
      [status, reason, fault, attempts[0]?.outcome],
      [200, 'upstream-reset', 'upstream-truncated', 'truncated'],
    );
  });

  test('a client that left', async (t) => {
    const setup = await bed(t);
    setup.backend.script = () => ({ raw: '' });
    await setup.client.send(get('/proxy/slow'));
    await setup.backend.until(() => setup.backend.requests.length > 0);
    setup.client.reset();
    const { status, reason, fault, attempts } = await one(setup);
    assert.deepEqual([status, reason, fault, attempts[0]?.outcome], [0, 'bad-request', 'client-closed', 'cancelled']);
  });

  test('bytes that were no request', async (t) => {
    const setup = await bed(t);
    await setup.client.send('BAD\r\n\r\n');
    await setup.client.untilClosed();
    const { status, fault, method, attempts } = await one(setup);
    assert.deepEqual([status, fault, method, attempts], [400, 'bad-request-line', undefined, []]);
  });

  test('an answer of the proxy itself, with the id that the client was told', async (t) => {
    const setup = await bed(t, { retry: null });
    await setup.backend.stop();
    const { head } = await setup.client.ask(get('/proxy/?token=s3cr3t'));
    const line = await one(setup);
    assert.deepEqual([line.status, line.reason, line.fault], [502, 'connect-failed', 'connect-failed']);
    assert.equal(line.target, '/proxy/?token=REDACTED');
    assert.ok(head.includes(line.id as string), head);
    assert.ok(line.bytesOut > 100, `${line.bytesOut} bytes were sent`);
  });
});
