import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBackendUrl, readCidr, readListenAddress, readStatusSet } from './addresses.ts';

const tcp = (host: string, port: number) => ({ kind: 'tcp', host, port });

test('listen addresses', () => {
  const help = 'write `0.0.0.0:8080`, `[::]:8080`, `:8080` or `unix:/path`';
  const good: [string | number, unknown][] = [
    ['0.0.0.0:8080', tcp('0.0.0.0', 8080)],
    [':8080', tcp('0.0.0.0', 8080)],
    ['8080', tcp('0.0.0.0', 8080)],
    [8080, tcp('0.0.0.0', 8080)],
    ['[::]:8080', tcp('::', 8080)],
    ['[FE80::1]:0', tcp('fe80::1', 0)],
    ['localhost:80', tcp('localhost', 80)],
    ['unix:/run/a.sock', { kind: 'unix', path: '/run/a.sock' }],
    ['unix:a.sock', { kind: 'unix', path: 'a.sock' }],
  ];
  for (const [raw, value] of good) assert.deepEqual(readListenAddress(raw), { value }, String(raw));
  const bad: [string, string][] = [
    ['localhost', `\`localhost\` is not an address with a port; ${help}`],
    ['::1', '`::1` is not an address with a port; write an IPv6 address in brackets: `[::1]:8080`'],
    ['::1:80x', `\`::1:80x\` is not an address with a port; ${help}`],
    ['300.0.0.1:80', `\`300.0.0.1\` is not a host; ${help}`],
    ['[::g]:80', `\`[::g]\` is not a host; ${help}`],
    ['a b:80', `\`a b\` is not a host; ${help}`],
    [':65536', 'port 65536 does not exist; 65535 is the highest'],
    ['unix:', 'the path of the unix socket is missing; write `unix:/run/app.sock`'],
    [`unix:/${'a'.repeat(107)}`, 'the path of a unix socket holds at most 107 bytes, this one has 108'],
  ];
  for (const [raw, problem] of bad) assert.deepEqual(readListenAddress(raw), { problem }, raw);
});

test('URLs of backends', () => {
  const good: [string, string, string, unknown, true?][] = [
    ['http://10.0.0.11:3000', 'http://10.0.0.11:3000', '10.0.0.11:3000', tcp('10.0.0.11', 3000)],
    ['HTTP://App.Internal/', 'http://app.internal:80', 'app.internal:80', tcp('app.internal', 80)],
    ['http://my_service:8080', 'http://my_service:8080', 'my_service:8080', tcp('my_service', 8080)],
    ['http://[::1]:80', 'http://[::1]:80', '[::1]:80', tcp('::1', 80)],
    ['http://[::1]', 'http://[::1]:80', '[::1]:80', tcp('::1', 80)],
    ['https://app.internal', 'https://app.internal:443', 'app.internal:443', tcp('app.internal', 443), true],
    ['HTTPS://10.0.0.11:8443/', 'https://10.0.0.11:8443', '10.0.0.11:8443', tcp('10.0.0.11', 8443), true],
    ['http+unix:///run/app.sock', 'unix:/run/app.sock', '/run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
    ['unix:/run/app.sock', 'unix:/run/app.sock', '/run/app.sock', { kind: 'unix', path: '/run/app.sock' }],
  ];
  for (const [raw, url, authority, address, secure = false] of good) {
    assert.deepEqual(readBackendUrl(raw), { value: { url, authority, address, secure } }, raw);
  }
  const help = 'write `http://host:port`, `https://host`, `http://[::1]:3000` or `unix:/run/app.sock`';
  const bad: [string, string][] = [
    ['h:1', '`h:1` is not the URL of a backend; did you mean `http://h:1`?'],
    ['localhost', '`localhost` is not the URL of a backend; did you mean `http://localhost`?'],
    ['ftp://h', `\`ftp://h\` is not the URL of a backend; ${help}`],
    ['http://u:p@h', 'the URL of a backend may not hold a user or password'],
    [
      'http://h/api',
      "`http://h/api`: a backend's URL has no path or query; the request's own path is forwarded (see `stripPrefix`)",
    ],
    ['http://h:0', 'port 0 does not exist; write 1 to 65535'],
    ['http://h:70000', 'port 70000 does not exist; write 1 to 65535'],
    ['http://', `\`\` is not a host with a port; ${help}`],
    ['http://256.1.1.1', `\`256.1.1.1\` is not a host with a port; ${help}`],
    ['http://::1:80', `\`::1:80\` is not a host with a port; ${help}`],
  ];
  for (const [raw, problem] of bad) assert.deepEqual(readBackendUrl(raw), { problem }, raw);
});

test('networks', () => {
  const good: [string, string][] = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.168.1.7', '192.168.1.7/32'],
    ['fd00::/8', 'fd00::/8'],
    ['::1', '::1/128'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ];
  for (const [raw, value] of good) assert.deepEqual(readCidr(raw), { value }, raw);
  for (const raw of ['10.0.0.0/33', '10.0.0/8', '::/129', 'lan', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/-1', '']) {
    const problem = `\`${raw}\` is not a network; write \`10.0.0.0/8\`, \`fd00::/8\` or one address`;
    assert.deepEqual(readCidr(raw), { problem }, raw);
  }
});

test('sets of statuses', () => {
  const good: [string | number, [number, number][]][] = [
    ['200-399', [[200, 399]]],
    [200, [[200, 200]]],
    [
      '200,204, 300 - 399',
      [
        [200, 200],
        [204, 204],
        [300, 399],
      ],
    ],
  ];
  for (const [raw, value] of good) assert.deepEqual(readStatusSet(raw), { value }, String(raw));
  for (const [raw, shown] of [
    ['700', '700'],
    ['399-200', '399-200'],
    ['200,', ''],
    ['2xx', '2xx'],
    ['99', '99'],
  ]) {
    const problem = `\`${shown}\` is not a status or range from 100 to 599; write \`200-399\` or \`200,204,300-399\``;
    assert.deepEqual(readStatusSet(raw), { problem }, raw);
  }
});
