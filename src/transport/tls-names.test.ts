import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateFor } from './tls-names.ts';

const named = (...names: string[]): { readonly names: readonly string[] } => ({ names });
const FIRST = named('first.test');
const WILD = named('*.app.test');
const EXACT = named('api.app.test', 'app.test');
const ALL = [FIRST, WILD, EXACT];

test('a name that a certificate has itself goes before a pattern, wherever it stands', () => {
  assert.equal(certificateFor(ALL, 'api.app.test'), EXACT);
  assert.equal(certificateFor(ALL, 'www.app.test'), WILD);
  assert.equal(certificateFor(ALL, 'app.test'), EXACT);
});

test('letter case does not matter', () => assert.equal(certificateFor(ALL, 'WWW.App.Test'), WILD));

test('a pattern stands for one label: not for none, and not for two', () => {
  assert.equal(certificateFor([FIRST, WILD], 'app.test'), FIRST);
  assert.equal(certificateFor([FIRST, WILD], 'a.b.app.test'), FIRST);
});

test('the first serves whom none is for', () => {
  for (const host of ['other.test', 'test', '', '.', '.app.test.', 'x'.repeat(300)])
    assert.equal(certificateFor(ALL, host), FIRST, host);
});
