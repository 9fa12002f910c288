/** The built dashboard over HTTP, at the control plane's own address and through a route; and how large it may be. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { request, type IncomingHttpHeaders } from 'node:http';
import { PAGES } from '#contract/pages.ts';
import { firstViewBytes, readRecord } from '../../web/build/build-record.ts';
import { administer } from '../support/admin-client.ts';
import { buildDashboard } from './support/product.ts';

/** Gzipped JavaScript that the first view loads. */
const FIRST_VIEW_BYTES_MAX = 60_000;

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('serving the dashboard', () => {
  before(buildDashboard);

  test('the first view stays small', async (t) => {
    const record = await readRecord(join(import.meta.dirname, '../../web/dist'));
    assert.ok(record);
    const bytes = firstViewBytes(record);
    t.diagnostic(`first view: ${bytes} bytes of JavaScript, gzipped`);
    assert.ok(bytes > 5_000, 'a first view without its parts proves nothing');
    assert.ok(bytes <= FIRST_VIEW_BYTES_MAX, `${bytes} bytes; ${FIRST_VIEW_BYTES_MAX} are allowed`);
  });

  test('every page is the same document, at both places, with nobody signed in', async (t) => {
    const { port, adminPort } = await administer(t);
    const first = await ask(adminPort, '/');
    assert.match(first.body.toString(), /<div id="app">/);
    for (const at of [port, adminPort]) {
      for (const { path } of PAGES) {
        const page = await ask(at, `/${path}?pool=app&range=1h`);
        assert.equal(page.status, 200, path);
        assert.equal(page.body.toString(), first.body.toString());
        assert.match(page.headers['content-type'] ?? '', /^text\/html/);
        assert.match(String(page.headers['content-security-policy']), /script-src 'self'/);
      }
    }
  });

  test('what is the API stays the API, and what is nothing stays nothing', async (t) => {
    const { port } = await administer(t);
    const expected: [string, string, number, RegExp][] = [
      ['GET', '/metrics', 401, /problem\+json/],
      ['GET', '/healthz', 200, /application\/json/],
      ['GET', '/admin/overview', 401, /problem\+json/],
      ['GET', '/nowhere', 404, /problem\+json/],
      ['GET', '/cost/more', 404, /problem\+json/],
      ['GET', '/assets/nothing.js', 404, /problem\+json/],
      ['POST', '/cost', 405, /problem\+json/],
    ];
    for (const [method, path, status, type] of expected) {
      const reply = await ask(port, path, {}, method);
      assert.equal(reply.status, status, path);
      assert.match(String(reply.headers['content-type']), type, path);
    }
  });

  test('HEAD, compression and caching, as a browser asks', async (t) => {
    const { port } = await administer(t);
    const html = (await ask(port, '/')).body.toString();
    const script = /src="\.(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const plain = await ask(port, script);
    const packed = await ask(port, script, { 'accept-encoding': 'gzip, deflate, br' });
    assert.equal(packed.headers['content-encoding'], 'br');
    assert.equal(packed.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.deepEqual(brotliDecompressSync(packed.body), plain.body);
    assert.ok(packed.body.length < plain.body.length / 2);

    const head = await ask(port, script, { 'accept-encoding': 'br' }, 'HEAD');
    assert.equal(head.body.length, 0);
    assert.equal(head.headers['content-length'], String(packed.body.length));
    const again = await ask(port, '/', { 'if-none-match': String((await ask(port, '/')).headers.etag) });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    assert.equal(again.headers['cache-control'], 'no-cache');
  });
});
