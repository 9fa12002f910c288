import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ABSOLUTE_MS, IDLE_MS, sessionCookie, sessionIdsOf, Sessions } from './sessions.ts';
import { SignInCodes } from './sign-in-codes.ts';

const MINUTE = 60_000;

describe('sessions', () => {
  test('end 30 minutes after the last request', () => {
    const sessions = new Sessions();
    const id = sessions.begin('hash', 0);
    assert.equal(sessions.use(id, 29 * MINUTE)?.tokenHash, 'hash');
    assert.equal(sessions.use(id, 58 * MINUTE)?.tokenHash, 'hash');
    assert.equal(sessions.use(id, 58 * MINUTE + IDLE_MS), null);
    assert.equal(sessions.use(id, 58 * MINUTE + IDLE_MS), null, 'and stay ended');
  });

  test('end 12 hours after the first, however busy they are', () => {
    const sessions = new Sessions();
    const id = sessions.begin('hash', 0);
    for (let at = 0; at < ABSOLUTE_MS; at += 20 * MINUTE) assert.notEqual(sessions.use(id, at), null);
    assert.equal(sessions.use(id, ABSOLUTE_MS), null);
  });

  test('say when they end: what comes first', () => {
    const sessions = new Sessions();
    const id = sessions.begin('hash', 0);
    assert.equal(sessions.use(id, 1000)?.endsMs, 1000 + IDLE_MS);
    for (let at = 0; at <= ABSOLUTE_MS - MINUTE; at += 20 * MINUTE) sessions.use(id, at);
    assert.equal(sessions.use(id, ABSOLUTE_MS - MINUTE)?.endsMs, ABSOLUTE_MS);
  });

  test('are not kept alive by being looked at', () => {
    const sessions = new Sessions();
    const id = sessions.begin('hash', 0);
    for (let at = 0; at < IDLE_MS; at += MINUTE) assert.equal(sessions.peek(id, at)?.tokenHash, 'hash');
    assert.equal(sessions.peek(id, IDLE_MS), null);
    assert.equal(sessions.use(id, IDLE_MS), null);
    assert.equal(sessions.peek('nobody', 0), null);
  });

  test('end with their token, and by signing out', () => {
    const sessions = new Sessions();
    const [a, b, c] = [sessions.begin('one', 0), sessions.begin('one', 0), sessions.begin('two', 0)];
    assert.equal(sessions.endAll('one'), 2);
    assert.equal(sessions.use(a, 1), null);
    assert.equal(sessions.use(b, 1), null);
    assert.equal(sessions.end(c), true);
    assert.equal(sessions.end(c), false);
  });

  test('are bounded: of one token, and in all; the one idle for longest goes', () => {
    const sessions = new Sessions();
    const mine = sessions.begin('mine', 0);
    const ids = Array.from({ length: 60 }, (_, at) => sessions.begin('theirs', at));
    assert.equal(sessions.size, 51);
    assert.equal(sessions.use(ids[9] as string, 100), null);
    assert.notEqual(sessions.use(ids[10] as string, 100), null);
    assert.notEqual(sessions.use(mine, 100), null, 'others of one token push out nobody else');
    for (let at = 0; at < 2000; at++) sessions.begin(`hash ${at}`, 200);
    assert.equal(sessions.size, 1000);
  });

  test('no id is kept, and none is guessed from another', () => {
    const sessions = new Sessions();
    const [a, b] = [sessions.begin('hash', 0), sessions.begin('hash', 0)];
    assert.notEqual(a, b);
    assert.match(a, /^[\w-]{43}$/);
    assert.doesNotMatch(JSON.stringify(sessions), new RegExp(a));
  });
});

describe('the cookie', () => {
  test('is for this server alone, out of reach of scripts', () => {
    const cookie = sessionCookie('id', false);
    assert.match(cookie, /^eb_session=id; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    assert.match(sessionCookie(null, false), /^eb_session=; .*Max-Age=0/);
  });

  test('is found among others, and only where it could be one', () => {
    const id = 'a'.repeat(43);
    assert.deepEqual(sessionIdsOf(`x=1; eb_session=${id}; y=2`, false), [id]);
    for (const field of [
      undefined,
      '',
      'eb_session',
      'eb_session=short',
      `xeb_session=${id}`,
      `eb_session=${id}x`,
      `eb_session="${id}"`,
    ])
      assert.deepEqual(sessionIdsOf(field, false), [], String(field));
  });

  test('L3: under TLS it is one that no other host can plant, and no other counts', () => {
    const cookie = sessionCookie('id', true);
    assert.equal(cookie, '__Host-eb_session=id; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure');
    assert.match(sessionCookie(null, true), /^__Host-eb_session=; Path=\/; .*Max-Age=0; Secure$/);
    const [plain, host] = ['a'.repeat(43), 'b'.repeat(43)];
    const field = `eb_session=${plain}; __Host-eb_session=${host}`;
    assert.deepEqual([sessionIdsOf(field, true), sessionIdsOf(field, false)], [[host], [plain]]);
  });

  test('L3: every pair of the name is looked at, up to a bound', () => {
    const ids = Array.from({ length: 20 }, (_, at) => String.fromCharCode(97 + at).repeat(43));
    const field = ids.map((id) => `eb_session=${id}`).join('; ');
    assert.deepEqual(sessionIdsOf(`eb_session=planted; ${field}`, false), ids.slice(0, 8));
  });
});

describe('sign-in codes', () => {
  test('are good once, for ten minutes', () => {
    const codes = new SignInCodes();
    const [first, late] = [codes.make('hash', 0), codes.make('hash', 0)];
    assert.equal(codes.use(first, 9 * MINUTE), 'hash');
    assert.equal(codes.use(first, 9 * MINUTE), null);
    assert.equal(codes.use(late, 10 * MINUTE), null);
    assert.equal(codes.use('', 0), null);
  });

  test('are few', () => {
    const codes = new SignInCodes();
    const first = codes.make('hash', 0);
    for (let at = 0; at < 16; at++) codes.make('hash', 0);
    assert.equal(codes.use(first, 0), null);
  });
});
