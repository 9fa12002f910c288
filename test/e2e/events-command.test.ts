/** `edgebalancer events`: a line an event, and a connection that is lost is taken up where it was. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { test, type TestContext } from 'node:test';
import { events, type EventsOptions } from '#cli/events.ts';
import { administer, callAdmin, OPERATOR, VIEWER } from '../support/admin-client.ts';
import { until } from '../support/until.ts';

interface Running {
  out: string;
  err: string;
  readonly code: Promise<number>;
  readonly stop: () => void;
}

function run(t: TestContext, admin: string, options: EventsOptions = {}, token = VIEWER): Running {
  const ending = new AbortController();
  t.after(() => ending.abort());
  const said = { out: '', err: '' };
  const io = {
    stdout: (text: string) => void (said.out += stripVTControlCharacters(text)),
    stderr: (text: string) => void (said.err += text),
    env: { EDGEBALANCER_TOKEN: token },
    cwd: '.',
  };
  const code = events({ admin, ...options }, io, ending.signal);
  return Object.assign(said, { code, stop: () => ending.abort() });
}

/** An admin API that answers each request by the next of `answers`; the last one stands for all that follow. */
async function scripted(t: TestContext, ...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(request.headers['last-event-id'] as string | undefined);
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const stream = (text: string, then: (response: ServerResponse) => void) => (_: unknown, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text, () => then(response));
};
const event = (id: string, pool: string): string =>
  `retry: 1\n\nevent: panic\nid: ${id}\ndata: {"at":"2026-01-01T12:00:00.000Z","pool":"${pool}","panic":true}\n\n`;

test('says what happens, a line each, or a JSON object each', async (t) => {
  const api = await administer(t, { backends: [{ id: 'a', url: 'http://127.0.0.1:9' }] });
  const lines = run(t, `http://127.0.0.1:${api.port}`);
  const json = run(t, `http://127.0.0.1:${api.adminPort}`, { json: true, types: 'config,drain' });
  await until('both to listen', () => api.supervisor.events.counts.open === 2);
  await callAdmin(api.adminPort, 'PATCH', '/admin/backends/app/a', { token: OPERATOR, body: { state: 'draining' } });
  await until('a line', () => /^\d\d:\d\d:\d\d {2}health {3}app\/a healthy -> draining: set in .*$/m.test(lines.out));
  await until('figures', () => /^\d\d:\d\d:\d\d {2}metrics {2}\d+(\.\d+)?\/s, 0 in flight, 0 of 1 /m.test(lines.out));
  await until('JSON', () => json.out.endsWith('\n'));
  const { type, id, revision, by, summary } = JSON.parse(json.out);
  assert.deepEqual([type, revision, by.name], ['config', 2, 'ops']);
  assert.match(id, /^[0-9a-f]{12}-\d+$/);
  assert.ok(lines.out.includes(`revision 2 by ops from 127.0.0.1: ${summary}`));
  for (const { stop, code } of [lines, json]) {
    stop();
    assert.equal(await code, 0);
  }
  await until('nobody to listen', () => api.supervisor.events.counts.open === 0);
});

test('a lost connection is taken up with the last id; a refusal ends it with what to do', async (t) => {
  const { url, asked } = await scripted(
    t,
    stream(event('aa-1', 'one'), (response) => response.destroy()),
    stream(event('aa-2', 'two'), (response) => response.end()),
    (_, response) => response.writeHead(503, { 'retry-after': '0' }).end(),
    stream(event('aa-3', 'three'), (response) => response.destroy()),
    (_, response) => response.writeHead(401).end(),
  );
  const running = run(t, url);
  assert.equal(await running.code, 1);
  assert.deepEqual(asked, [undefined, 'aa-1', 'aa-2', 'aa-2', 'aa-3']);
  assert.deepEqual(
    running.out
      .trim()
      .split('\n')
      .map((line) => /pool (\w+) panics/.exec(line)?.[1]),
    ['one', 'two', 'three'],
  );
  assert.equal(running.err.match(/it is taken up again/g)?.length, 4);
  assert.match(running.err, /does not take this token/);
});

test('what cannot be had at first, and what is wrong, is said in a sentence', async (t) => {
  const { url } = await scripted(t, (_, response) => response.writeHead(200).end('<html>'));
  const page = run(t, url);
  assert.equal(await page.code, 1);
  assert.match(page.err, /answered 200, which is not how an admin API answers/);
  const none = run(t, 'http://127.0.0.1:1');
  assert.equal(await none.code, 1);
  assert.match(none.err, /^No answer from http:\/\/127\.0\.0\.1:1: nothing listens there/);
  const api = await administer(t);
  const wrong = run(t, `http://127.0.0.1:${api.adminPort}`, { types: 'helth' });
  assert.equal(await wrong.code, 1);
  assert.match(wrong.err, /^types: expected some of metrics, .*Did you mean health\?/);
});
