import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Answer } from '../admin/answer.ts';
import { Dashboard } from './dashboard.ts';

const SCRIPT = 'export default 1;\n'.repeat(100);

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'eb-dist-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

function build(at: string, html: string): void {
  mkdirSync(join(at, 'assets'), { recursive: true });
  writeFileSync(join(at, 'index.html'), html);
  writeFileSync(join(at, 'assets/a-1.js'), SCRIPT);
  writeFileSync(join(at, 'assets/a-1.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(at, 'assets/a-1.js.gz'), gzipSync(SCRIPT));
  writeFileSync(join(at, 'build.json'), JSON.stringify({ hash: html }));
}

const field = ({ headers = {} }: Answer, name: string): string | undefined => headers[name];
const textOf = ({ body }: Answer): string => (body as Buffer | string).toString();

describe('dashboard', () => {
  test('where nothing was built, the status page stands in and says how to build', async (t) => {
    const answer = await new Dashboard(folder(t)).page({});
    assert.equal(answer.status, 200);
    assert.match(textOf(answer), /npm run build/);
  });

  test('pages are asked for anew, and only sent when they are other ones', async (t) => {
    const at = folder(t);
    build(at, '<p>one</p>');
    const dashboard = new Dashboard(at);
    const first = await dashboard.page({});
    assert.equal(textOf(first), '<p>one</p>');
    assert.equal(field(first, 'cache-control'), 'no-cache');
    const tag = field(first, 'etag') as string;
    for (const given of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const same = await dashboard.page({ 'if-none-match': given });
      assert.deepEqual([same.status, same.body, field(same, 'etag')], [304, '', tag], given);
    }

    rmSync(join(at, 'build.json'));
    assert.equal(textOf(await dashboard.page({})), '<p>one</p>', 'a build under way changes nothing');
    build(at, '<p>two</p>');
    const second = await dashboard.page({ 'if-none-match': tag });
    assert.deepEqual([second.status, textOf(second)], [200, '<p>two</p>']);
  });

  test('scripts come from here alone, and nothing inline runs', async (t) => {
    const at = folder(t);
    build(at, '');
    const policy = field(await new Dashboard(at).page({}), 'content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|data:|http/);
  });

  test('files with their content in their name are kept for ever, in the smallest form that is taken', async (t) => {
    const at = folder(t);
    build(at, '');
    const dashboard = new Dashboard(at);
    const cases: [string | undefined, string | undefined][] = [
      [undefined, undefined],
      ['', undefined],
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip', 'gzip'],
      ['x-gzip', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['br;q=0, *', 'gzip'],
      ['BR', 'br'],
      ['identity', undefined],
      ['identity;q=0', undefined],
    ];
    const tags = new Set<string | undefined>();
    for (const [accept, coding] of cases) {
      const answer = await dashboard.asset('a-1.js', { 'accept-encoding': accept });
      assert.equal(field(answer, 'content-encoding'), coding, String(accept));
      assert.equal(field(answer, 'cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(field(answer, 'vary'), 'accept-encoding');
      assert.equal(answer.type, 'text/javascript; charset=utf-8');
      tags.add(field(answer, 'etag'));
    }
    assert.equal(tags.size, 3, 'each form has a tag of its own');
  });

  test('what is not in the build is not there, wherever the name leads', async (t) => {
    const at = folder(t);
    build(at, '');
    const dashboard = new Dashboard(at);
    for (const name of ['b-2.js', '../build.json', '..%2fbuild.json', '../../package.json', 'a-1.js.br', '']) {
      assert.equal((await dashboard.asset(name, {})).status, 404, name);
    }
  });

  test('a file of a build that has just been made is found', async (t) => {
    const at = folder(t);
    const dashboard = new Dashboard(at);
    assert.equal((await dashboard.asset('a-1.js', {})).status, 404);
    build(at, '');
    assert.equal((await dashboard.asset('a-1.js', {})).status, 200);
  });
});
