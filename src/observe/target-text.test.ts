import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSecretName } from './secret-names.ts';
import { putTarget } from './target-text.ts';

const into = Buffer.alloc(4096);

function shown(target: string): string {
  const bytes = Buffer.from(target, 'latin1');
  const end = putTarget(into, 1, into.length, bytes, 0, bytes.length);
  assert.ok(end > 0);
  return into.toString('latin1', 1, end);
}
const secret = (name: string) => isSecretName(Buffer.from(name, 'latin1'), 0, name.length);

test('names that look secret, however they are written', () => {
  const names = `token access_token refresh-token id.token accessToken ACCESS_TOKEN %74oken t%6Fken key api_key apikey apiKey
    X-API-Key secret client_secret clientsecret password passwd pwd user[password] user%5Bpassword%5D pass auth authorization
    signature sig X-Amz-Signature X-Amz-Security-Token X-Amz-Credential x-goog-signature code auth_code session session_id
    sessionid PHPSESSID JSESSIONID sid jwt otp ticket SAMLResponse oauth_verifier hmac csrf_token`;
  for (const name of names.split(/\s+/)) assert.ok(secret(name), name);
  assert.ok(secret('a'.repeat(65)), 'too long to judge');
});

test('names that do not', () => {
  const names =
    'q page id keyword monkey keys encode codec author passenger compass design signal sidebar size % %zz %7 _ é';
  for (const name of names.split(' ')) assert.ok(!secret(name), name);
  assert.ok(!secret(''));
});

test('a name is judged as the name it is, however many were judged before', () => {
  // Many more names than there are places for, each looked at twice.
  const plain = Array.from({ length: 5000 }, (_, at) => `n${at}`);
  for (const name of [...plain, ...plain]) {
    assert.ok(!secret(name), name);
    assert.ok(secret(`${name}_token`), name);
  }
});

test('values of secret parameters are replaced, others are not', () => {
  const cases: [target: string, text: string][] = [
    ['/', '/'],
    ['/a/b?', '/a/b?'],
    ['/a?b=1&c=2', '/a?b=1&c=2'],
    ['/a?token=1', '/a?token=REDACTED'],
    ['/a?token=', '/a?token=REDACTED'],
    ['/a?token', '/a?token'],
    ['/a?x=1&api_key=abc&y=2', '/a?x=1&api_key=REDACTED&y=2'],
    ['/a?token=a=b==&y=2', '/a?token=REDACTED&y=2'],
    ['/a?token=a;b;c&y=2', '/a?token=REDACTED&y=2'],
    ['/a?x=1;token=2', '/a?x=1;token=REDACTED'],
    ['/a?x=1;token=2;y=3&z=4', '/a?x=1;token=REDACTED&z=4'],
    ['/a?x=/b?token=2', '/a?x=/b?token=REDACTED'],
    ['/a?token=1&token=2', '/a?token=REDACTED&token=REDACTED'],
    ['/a?&&token=1&', '/a?&&token=REDACTED&'],
    ['/a;jsessionid=12/b;v=1?c=d', '/a;jsessionid=REDACTED/b;v=1?c=d'],
    ['/a;jsessionid=12?token=3', '/a;jsessionid=REDACTED?token=REDACTED'],
    ['/a;v=1;sid=2;w=3/b', '/a;v=1;sid=REDACTED/b'],
    ['/token=1&secret=2', '/token=1&secret=2'],
    ['http://host/a?password=x', 'http://host/a?password=REDACTED'],
    ['*', '*'],
  ];
  for (const [target, text] of cases) assert.equal(shown(target), text);
});

test('a secret is never shown, wherever its parameter stands', () => {
  const name = fc.constantFrom('token', 'api_key', 'user%5Bpassword%5D', 'SIG', 'jwt', 'accessToken');
  const visible = fc.string({ unit: fc.constantFrom(...'abcxyz019=;?/%&.-_'), maxLength: 20 });
  const separator = fc.constantFrom('?', '&', ';');
  fc.assert(
    fc.property(visible, separator, name, visible, (before, first, secretName, after) => {
      const text = shown(`/a?${before}${first}${secretName}=S3CR3T&${after}`);
      assert.ok(!text.includes('S3CR3T'), text);
    }),
    { numRuns: 3000 },
  );
});

test('what does not fit is cut, a secret included', () => {
  for (let room = 0; room < 30; room++) {
    const bytes = Buffer.from('/path?token=hidden&more=1', 'latin1');
    const end = Math.abs(putTarget(into, 1, 1 + room, bytes, 0, bytes.length));
    assert.ok(end <= 1 + room);
    assert.ok('/path?token=REDACTED&more=1'.startsWith(into.toString('latin1', 1, end)));
  }
});
