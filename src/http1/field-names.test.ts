import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldIdOf, isForbiddenTrailer } from './field-names.ts';
import { FieldId } from './head.ts';
import { bytesOf } from './latin1.ts';
import { wordsOf } from './words.ts';

/** Amid other letters, so that comparing past either end shows. */
function idOf(name: string): number {
  const buf = bytesOf(`x-x-${name}-x-x`);
  return fieldIdOf(buf, wordsOf(buf), 4, 4 + name.length);
}
const isForbidden = (name: string): boolean => isForbiddenTrailer(bytesOf(`${name}: x`), 0, name.length);
/** contentLength to content-length. */
const wireName = (key: string): string =>
  key.replace('xF', 'x-f').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const known = Object.entries(FieldId).filter(([key]) => key !== 'other' && key !== 'disguised');
const tokenChar = fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

test('every known name is told apart in any mixture of cases (RFC 9110 5.1)', () => {
  for (const [key, id] of known) {
    const name = wireName(key);
    assert.equal(idOf(name), id, name);
    assert.equal(idOf(name.toUpperCase()), id, name);
    assert.equal(idOf(name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())), id, name);
  }
});

test('names that begin, end or nearly read like known ones are other fields', () => {
  for (const [key] of known) {
    const name = wireName(key);
    for (const near of [`${name}s`, name.slice(0, -1), `x${name}`, `${name.slice(0, -1)}~`, `~${name.slice(1)}`]) {
      if (known.some(([other]) => wireName(other) === near)) continue;
      assert.equal(idOf(near), FieldId.other, near);
    }
  }
  assert.equal(idOf('x'.repeat(400)), FieldId.other);
});

test('an underscore for a hyphen is a disguise, elsewhere it is just a letter', () => {
  assert.equal(idOf('Content_Length'), FieldId.disguised);
  assert.equal(idOf('TRANSFER_ENCODING'), FieldId.disguised);
  assert.equal(idOf('x-forwarded_for'), FieldId.disguised);
  assert.equal(idOf('X_Request_Id'), FieldId.disguised);
  assert.equal(idOf('x_custom'), FieldId.other);
  assert.equal(idOf('_host'), FieldId.other);
  assert.equal(idOf('content-length_'), FieldId.other);
});

test('any token is recognised exactly when its lower-case form is a known name', () => {
  const names = new Map(known.map(([key, id]) => [wireName(key), id as number]));
  const near = fc.tuple(fc.constantFrom(...names.keys()), fc.nat(), tokenChar).map(([name, at, char]) => {
    const cut = at % name.length;
    return name.slice(0, cut) + char + name.slice(cut + 1);
  });
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: tokenChar, minLength: 1, maxLength: 40 })), (name) => {
      const folded = names.get(name.toLowerCase().replaceAll('_', '-'));
      const want = names.get(name.toLowerCase()) ?? (folded === undefined ? FieldId.other : FieldId.disguised);
      assert.equal(idOf(name), want, name);
    }),
    { numRuns: 3000 },
  );
});

test('fields that frame, route, authorise or describe content may not be trailers (RFC 9110 6.5.1)', () => {
  const framing = [
    'Transfer-Encoding',
    'content-length',
    'Host',
    'connection',
    'Trailer',
    'TE',
    'keep-alive',
    'upgrade',
  ];
  const content = [
    'Content-Encoding',
    'content-type',
    'content-range',
    'cache-control',
    'expect',
    'max-forwards',
    'Range',
  ];
  const identity = [
    'Authorization',
    'Set-Cookie',
    'cookie',
    'proxy-authorization',
    'X-Forwarded-For',
    'forwarded',
    'via',
  ];
  for (const name of [...framing, ...content, ...identity, 'x_forwarded_for', 'content_length']) {
    assert.equal(isForbidden(name), true, name);
  }
  for (const name of ['x-checksum', 'Digest', 'Server-Timing', 'grpc-status', 'traceparent', 'ETag']) {
    assert.equal(isForbidden(name), false, name);
  }
});
