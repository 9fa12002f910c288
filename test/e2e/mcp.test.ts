/** The copilot's tools over the Model Context Protocol: over HTTP and over the standard streams of a process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { TOOLS } from '#control/tools/read-tools.ts';
import { administer, callAdmin, VIEWER } from '../support/admin-client.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/edgebalancer.js');
const PROTOCOL = '2025-06-18';
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: PROTOCOL, capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const asking = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });

interface Spoken {
  readonly id?: number;
  readonly result?: {
    readonly serverInfo?: { readonly name: string };
    readonly tools?: readonly { readonly name: string; readonly annotations?: { readonly readOnlyHint?: boolean } }[];
    readonly content?: readonly { readonly text: string }[];
    readonly isError?: boolean;
  };
  readonly error?: { readonly code: number; readonly message: string };
}

/** A JSON body, or the data of a stream of events. */
function spoken(text: string): Spoken {
  const data = /^data: (.*)$/m.exec(text)?.[1];
  return JSON.parse(data ?? text) as Spoken;
}

describe('over HTTP', () => {
  const headers = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': PROTOCOL };

  test('a viewer lists the tools and uses one; none changes anything', async (t) => {
    const { adminPort } = await administer(t);
    const say = async (body: object): Promise<Spoken> => {
      const { status, text } = await callAdmin(adminPort, 'POST', '/admin/mcp', { token: VIEWER, body, headers });
      assert.equal(status, 200, text);
      return spoken(text);
    };
    assert.equal((await say(INITIALIZE)).result?.serverInfo?.name, 'edgebalancer');
    const tools = (await say(asking(2, 'tools/list'))).result?.tools ?? [];
    assert.deepEqual(tools.map(({ name }) => name).toSorted(), TOOLS.map(({ name }) => name).toSorted());
    assert.ok(tools.every(({ annotations }) => annotations?.readOnlyHint === true));
    const { result } = await say(asking(3, 'tools/call', { name: 'backends', arguments: {} }));
    const pools = JSON.parse(result?.content?.[0]?.text ?? '') as { pools: { name: string }[] };
    assert.deepEqual(
      pools.pools.map(({ name }) => name),
      ['app'],
    );
  });

  test('what a tool is refused is told, and a wrong input is said to be one', async (t) => {
    const { adminPort } = await administer(t);
    const call = async (name: string, args: object): Promise<Spoken> => {
      const body = asking(4, 'tools/call', { name, arguments: args });
      return spoken((await callAdmin(adminPort, 'POST', '/admin/mcp', { token: VIEWER, body, headers })).text);
    };
    const missing = await call('explain', { id: 'gone' });
    assert.equal(missing.result?.isError, true);
    assert.match(missing.result?.content?.[0]?.text ?? '', /No request gone is recorded/);
    const wrong = await call('requests', { list: 'everything' });
    assert.match(JSON.stringify(wrong), /list/);
    assert.ok(wrong.error !== undefined || wrong.result?.isError === true);
    const none = await call('drain', {});
    assert.ok(none.error !== undefined || none.result?.isError === true);
  });

  test('without a token there is nothing, and another site’s page is refused', async (t) => {
    const { adminPort } = await administer(t);
    const ask = (more: object) =>
      callAdmin(adminPort, 'POST', '/admin/mcp', { body: INITIALIZE, headers: { ...headers, ...more } });
    assert.equal((await ask({})).status, 401);
    const foreign = { authorization: `Bearer ${VIEWER}`, origin: 'https://evil.example' };
    assert.equal((await ask(foreign)).status, 403);
  });
});

test('over standard input and output, with the token of the environment', async (t) => {
  const { adminPort } = await administer(t);
  const child = spawn(process.execPath, [PROGRAM, 'mcp'], {
    env: { ...process.env, EDGEBALANCER_ADMIN: `http://127.0.0.1:${adminPort}`, EDGEBALANCER_TOKEN: VIEWER },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const say = async (body: object): Promise<Spoken> => {
    child.stdin.write(`${JSON.stringify(body)}\n`);
    return JSON.parse((await lines.next()).value as string) as Spoken;
  };
  assert.equal((await say(INITIALIZE)).result?.serverInfo?.name, 'edgebalancer');
  child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
  const { result } = await say(asking(2, 'tools/call', { name: 'overview', arguments: {} }));
  assert.match(result?.content?.[0]?.text ?? '', /"uptime"/);
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.stdin.end();
  assert.equal(await ended, 0);
});
