/** Slips and odd requests that the admin API once took, or answered with what helps nobody. Each test is named after one. */
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { request } from 'node:http';
import { after, describe, test } from 'node:test';
import { administer, listOf, OPERATOR, type Administered } from '../support/admin-client.ts';

const ended: (() => Promise<void> | void)[] = [];
const api: Administered = await administer({
  after: (end) => void ended.push(end as () => Promise<void> | void),
} as Parameters<typeof administer>[0]);
after(async () => {
  for (const end of ended.toReversed()) await end();
});
const errors = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const { status, data } = await api.operate(method, path, body === undefined ? {} : { body });
  return [status, data.errors];
};

describe('slips', () => {
  test('a key that is there twice: nobody knows which one is meant, so it is refused', async () => {
    const body = '{"pool":"app","url":"http://127.0.0.1:9","id":"x","pool":"other"}';
    const message = 'the key at line 1, column 51 is there already in its mapping; which one is meant?';
    assert.deepEqual(await errors('POST', '/admin/backends', body), [400, [{ path: '', message }]]);
  });

  test('0 where more than 0 is possible: the least is not said to be 0', async () => {
    const message = '`0` is too small; more than 0 is possible';
    assert.deepEqual(await errors('GET', '/admin/cost?tasks=0'), [400, [{ path: '?tasks', message }]]);
  });

  test('a body with a coding is refused as such, and not as broken JSON', async () => {
    const { status, text, accepts } = await sendCoded(gzipSync('{"pool":"app"}'));
    assert.deepEqual([status, accepts], [415, 'identity']);
    assert.match(text, /Send the body as it is, without Content-Encoding\./);
  });

  test('ids that a URL cannot hold: no client could ask for such a backend again', async () => {
    for (const id of ['.', '..', '../x', 'a/./b', 'a/..']) {
      const { status, text } = await api.operate('POST', '/admin/backends', {
        body: { pool: 'app', url: 'http://127.0.0.1:9', id },
      });
      assert.equal(status, 400, id);
      assert.match(text, /cannot stand in a URL; choose another/);
    }
    for (const id of ['.a', '...', 'a..b', '/run/app.sock', 'a/.b/c']) {
      const { status } = await api.operate('POST', '/admin/backends?dryRun=true', {
        body: { pool: 'app', url: 'http://127.0.0.1:9', id },
      });
      assert.equal(status, 200, id);
    }
  });

  test('a history that begins in the future: `to`, which nobody gave, is not blamed', async () => {
    const message = 'must be in the past';
    assert.deepEqual(await errors('GET', '/admin/history?from=2999-01-01T00:00:00Z'), [
      400,
      [{ path: '?from', message }],
    ]);
    assert.deepEqual(await errors('GET', '/admin/history?from=-10&to=-20'), [
      400,
      [{ path: '?from', message: 'must be before `to`' }],
    ]);
  });

  test('a price that nobody has checked is called so in the line that it makes', async () => {
    const { data } = await api.operate('GET', '/admin/cost?region=us-west-2&requests=1000000');
    const basis = (name: string): string => String(listOf(data.items).find((one) => one.name === name)?.basis);
    assert.match(
      basis('ALB capacity units'),
      /; unverified price of \d{4}-\d\d-\d\d \(as in us-east-1; to be checked at /,
    );
    assert.match(basis('ALB'), /; price of \d{4}-\d\d-\d\d \(AWS Price List/);
    assert.match(
      listOf(data.assumptions).join('\n'),
      /price of a capacity unit .* could not be checked: as in us-east-1/,
    );
  });
});

function sendCoded(body: Buffer): Promise<{ status: number | undefined; text: string; accepts: string | undefined }> {
  const headers = {
    authorization: `Bearer ${OPERATOR}`,
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'content-length': body.length,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port: api.adminPort, method: 'POST', path: '/admin/backends', headers, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (part: Buffer) => (text += part.toString()));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode,
            text,
            accepts: answer.headers['accept-encoding'] as string | undefined,
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
