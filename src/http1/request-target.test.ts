import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault, faultRow } from '#core/fault.ts';
import { INCOMPLETE } from './head.ts';
import { bytesOf, textOf } from './latin1.ts';
import { parseRequestHead, RequestHead, TargetForm } from './request-head.ts';

const limits = { headerBytes: 4096, headerCount: 20, targetBytes: 1024 };
const head = new RequestHead(20);

function parse(target: string, method: string): number {
  const buf = bytesOf(`${method} ${target} HTTP/1.1\r\nHost: lb.test\r\n\r\n`);
  return parseRequestHead(buf, 0, buf.length, head, limits);
}
function parts(target: string, method = 'GET'): readonly [number, string, string, string] {
  const buf = bytesOf(`${method} ${target} HTTP/1.1\r\nHost: lb.test\r\n\r\n`);
  const result = parseRequestHead(buf, 0, buf.length, head, limits);
  assert.equal(result, buf.length, `${target}: ${result < 0 ? faultRow(-result).name : result}`);
  assert.equal(textOf(buf, head.targetStart, head.targetEnd), target);
  const authority = textOf(buf, head.authorityStart, head.authorityEnd);
  const query = head.form <= TargetForm.absolute ? textOf(buf, head.pathEnd, head.pathQueryEnd) : '';
  return [head.form, authority, textOf(buf, head.pathStart, head.pathEnd), query];
}
function refuses(method: string, targets: readonly string[]): void {
  for (const target of targets) {
    assert.equal(parse(target, method), -Fault.badTarget, `${method} ${JSON.stringify(target)}`);
  }
}

test('origin form: path and query as sent (RFC 9112 3.2.1)', () => {
  const { origin } = TargetForm;
  assert.deepEqual(parts('/'), [origin, 'lb.test', '/', '']);
  assert.deepEqual(parts('/?'), [origin, 'lb.test', '/', '?']);
  assert.deepEqual(parts('//evil.test/x'), [origin, 'lb.test', '//evil.test/x', '']);
  assert.deepEqual(parts('/static/../admin'), [origin, 'lb.test', '/static/../admin', '']);
  assert.deepEqual(parts('/a;b=c/..;/d'), [origin, 'lb.test', '/a;b=c/..;/d', '']);
  assert.deepEqual(parts('/%2F%2e%ff%0d%0a/x'), [origin, 'lb.test', '/%2F%2e%ff%0d%0a/x', '']);
  assert.deepEqual(parts('/g?a=%ff&b=[]|&c=\'"?/'), [origin, 'lb.test', '/g', '?a=%ff&b=[]|&c=\'"?/']);
  assert.deepEqual(parts('/{a}|^"<>`[]:@'), [origin, 'lb.test', '/{a}|^"<>`[]:@', '']);
});

test('a path has whole escapes, no NUL and no backslash; a query is opaque but for controls and fragments', () => {
  refuses('GET', [
    '/%',
    '/%4',
    '/%zz',
    '/%4g',
    '/%g4',
    '/%%41',
    '/%00',
    '/a%00b',
    '/a\\b',
    '/..\\..\\admin',
    '/%u0041',
  ]);
  refuses('GET', ['/a#b', '/a?b#c', '/caf\u00e9', '/?caf\u00e9', '/\u007f', '/?\u007f', '/a\u0000b', '/?a\u0001']);
  assert.equal(parts('/?100%&%zz&%00&\\')[3], '?100%&%zz&%00&\\');
});

test('absolute form: http and https, valid authority, no userinfo; it wins over Host (RFC 9112 3.2.2)', () => {
  const { absolute } = TargetForm;
  assert.deepEqual(parts('http://other.test/g?x'), [absolute, 'other.test', '/g', '?x']);
  assert.deepEqual(parts('HTTPS://Other.test:8443'), [absolute, 'Other.test:8443', '', '']);
  assert.deepEqual(parts('http://[::1]:80?x=/'), [absolute, '[::1]:80', '', '?x=/']);
  assert.deepEqual(parts('http://a/', 'OPTIONS'), [absolute, 'a', '/', '']);
  refuses('GET', ['http://', 'http:///g', 'http://?x', 'http://u@lb.test/', 'http://u:p@lb.test/g', 'http:/g']);
  refuses('GET', [
    'ftp://a/',
    'ws://a/',
    'httpx://a/',
    'http:g',
    'https:/a',
    'lb.test:80',
    'g',
    '?x',
    'http://a%41/',
    'http://a:99999/',
    'http://a\\b/',
  ]);
  refuses('GET', ['http\u001a//a/', 'http:\u000f/a/', 'HTTP\u001a//a/']);
  refuses('GET', ['http://a/%', 'http://a/%00', 'http://a/#f', 'http://a#f', 'http://a/\u00e9', 'http://\u00e9/']);
});

test('asterisk form is for OPTIONS alone, authority form for CONNECT alone (RFC 9112 3.2.3, 3.2.4)', () => {
  assert.deepEqual(parts('*', 'OPTIONS'), [TargetForm.asterisk, 'lb.test', '', '']);
  assert.deepEqual(parts('a.test:443', 'CONNECT'), [TargetForm.authority, 'a.test:443', '', '']);
  assert.deepEqual(parts('[::1]:443', 'CONNECT'), [TargetForm.authority, '[::1]:443', '', '']);
  refuses('GET', ['*', 'a.test:443']);
  refuses('PRI', ['*']);
  refuses('OPTIONS', ['**', '*/', '*?x']);
  refuses('CONNECT', [
    'a.test',
    'a.test:',
    'a.test:0',
    ':443',
    '/',
    '*',
    'http://a.test:443/',
    'a.test:443/',
    'a.test:443?',
    'u@a:1',
  ]);
});

test('a target that may yet become valid is waited for, one that cannot is not', () => {
  const prefix = (text: string): number => parseRequestHead(bytesOf(text), 0, text.length, head, limits);
  for (const text of [
    'GET ',
    'GET h',
    'GET http:/',
    'GET HTTPs://a',
    'GET /%',
    'GET /%4',
    'OPTIONS *',
    'CONNECT a',
    'GET /?',
  ]) {
    assert.equal(prefix(text), INCOMPLETE, text);
  }
  for (const text of ['GET x', 'GET hx', 'GET httpx', 'GET /%g', 'GET /%4g', 'GET *', 'GET /\u0000']) {
    assert.equal(prefix(text), -Fault.badTarget, text);
  }
});
