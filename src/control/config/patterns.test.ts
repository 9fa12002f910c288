import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHostPattern, readPathPattern, readStripPrefix } from './patterns.ts';

test('hosts are lower case and without a closing dot', () => {
  const good: [string, string][] = [
    ['Example.com', 'example.com'],
    ['*.Example.com.', '*.example.com'],
    ['example.com:8443', 'example.com:8443'],
    ['example.com.:8443', 'example.com:8443'],
    ['localhost', 'localhost'],
    ['10.0.0.1', '10.0.0.1'],
    ['[::1]', '[::1]'],
    ['[::1]:8080', '[::1]:8080'],
  ];
  for (const [raw, value] of good) assert.deepEqual(readHostPattern(raw), { value }, raw);
  const help = 'write `example.com`, `*.example.com` or `example.com:8443`';
  const bad: [string, string][] = [
    ['http://x.com', 'leave the scheme out'],
    ['*', help],
    ['a.*.com', help],
    ['*example.com', help],
    ['x.com/y', help],
    ['x.com:99999', help],
    ['', help],
  ];
  for (const [raw, hint] of bad)
    assert.deepEqual(readHostPattern(raw), { problem: `\`${raw}\` is not a host; ${hint}` }, raw);
});

test('paths are canonical: no closing slash on prefixes, unreserved characters plain', () => {
  const good: [string, string, boolean][] = [
    ['/', '/', false],
    ['/api', '/api', false],
    ['/api/', '/api', false],
    ['=/api/', '/api/', true],
    ['=/', '/', true],
    ['/a%2Db', '/a-b', false],
    ['/caf\u00e9', '/caf%C3%A9', false],
    ['/caf%c3%a9', '/caf%C3%A9', false],
    ['/\u{1f600}', '/%F0%9F%98%80', false],
    ['/a%20b', '/a%20b', false],
    ['/.well-known/x', '/.well-known/x', false],
    ["/a'(b)!$&+,=:@~", "/a'(b)!$&+,=:@~", false],
  ];
  for (const [raw, path, exact] of good) assert.deepEqual(readPathPattern(raw), { value: { path, exact } }, raw);
});

test('paths that could be read in two ways are refused', () => {
  const bad: [string, string][] = [
    ['api', '`api` does not begin with `/`; write `/api`'],
    ['', '`` does not begin with `/`; write `/`'],
    ['/api/*', '`/api/*`: paths hold no wildcards; a path matches everything below it, `=` in front only itself'],
    ['/a?b', '`/a?b`: only the path is matched, without `?` and `#`'],
    ['/a//b', '`/a//b` holds an empty segment (`//`); write one slash'],
    ['/a/../b', '`/a/../b` holds a dot segment; write the path that it stands for'],
    ['/a/%2E%2e', '`/a/%2E%2e` holds a dot segment; write the path that it stands for'],
    ['/a/.', '`/a/.` holds a dot segment; write the path that it stands for'],
    ['/a%2fb', '`/a%2fb` holds an encoded `/`, `\\`, `;`, `%` or NUL; backends read those differently'],
    ['/100%', '`/100%` holds a `%` that two hexadecimal digits do not follow'],
    ['/a;b', '`/a;b` holds a space, control character, `\\` or `;`; backends read those differently'],
    ['/a b', '`/a b` holds a space, control character, `\\` or `;`; backends read those differently'],
  ];
  for (const [raw, problem] of bad) assert.deepEqual(readPathPattern(raw), { problem }, raw);
});

test('stripped prefixes have no closing slash', () => {
  for (const [raw, value] of [
    ['/proxy', '/proxy'],
    ['/proxy/', '/proxy'],
    ['/', ''],
    ['', ''],
  ]) {
    assert.deepEqual(readStripPrefix(raw), { value }, raw);
  }
  assert.deepEqual(readStripPrefix('proxy'), { problem: '`proxy` does not begin with `/`; write `/proxy`' });
});
