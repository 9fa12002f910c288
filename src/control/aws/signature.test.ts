import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedHeaders, type AwsCredentials, type SignableRequest } from './signature.ts';

/** The published test suite of Signature Version 4 (aws-sig-v4-test-suite): its keys, time and scope. */
const CREDENTIALS: AwsCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const SCOPE = { region: 'us-east-1', service: 'service', nowMs: Date.parse('2015-08-30T12:36:00Z') };

function authorization(request: Partial<SignableRequest>, credentials = CREDENTIALS): string {
  const whole = { method: 'GET', url: new URL('https://example.amazonaws.com/'), headers: {}, body: '', ...request };
  return signedHeaders(whole, credentials, SCOPE).authorization as string;
}
const expected = (headers: string, signature: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${headers}, Signature=${signature}`;

test('get-vanilla and post-vanilla', () => {
  assert.equal(
    authorization({}),
    expected('host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'),
  );
  assert.equal(
    authorization({ method: 'POST' }),
    expected('host;x-amz-date', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'),
  );
});

test('get-vanilla-query-order-key-case', () => {
  assert.equal(
    authorization({ url: new URL('https://example.amazonaws.com/?Param2=value2&Param1=value1') }),
    expected('host;x-amz-date', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'),
  );
});

test('post-x-www-form-urlencoded: a body and a header of one’s own', () => {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Param1=value1',
  };
  assert.equal(
    authorization(request),
    expected('content-type;host;x-amz-date', 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a'),
  );
});

test('a session token is sent and signed', () => {
  const credentials = { ...CREDENTIALS, sessionToken: 'token' };
  const request = { method: 'POST', url: new URL('https://example.amazonaws.com/'), headers: {}, body: '' };
  const headers = signedHeaders(request, credentials, SCOPE);
  assert.equal(headers['x-amz-security-token'], 'token');
  assert.equal(headers['x-amz-date'], '20150830T123600Z');
  assert.match(headers.authorization ?? '', /SignedHeaders=host;x-amz-date;x-amz-security-token, /);
  assert.notEqual(
    authorization({ method: 'POST' }, credentials),
    authorization({ method: 'POST' }, { ...CREDENTIALS, sessionToken: 'other' }),
  );
});
