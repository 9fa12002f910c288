import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SocketAddress } from '#core/plan.ts';
import { leadsHere } from './own-address.ts';

const tcp = (host: string, port: number): SocketAddress => ({ kind: 'tcp', host, port });
const OWN = [
  tcp('127.0.0.1', 9090),
  tcp('0.0.0.0', 8080),
  tcp('10.0.0.5', 7000),
  { kind: 'unix', path: '/run/eb.sock' } as const,
];
const INTERFACES = ['127.0.0.1', '::1', '10.0.0.5', '2001:db8::5'];

test('URLs that lead back here, and those that do not', () => {
  const here = [
    'http://127.0.0.1:9090',
    'http://localhost:9090',
    'http://LOCALHOST.:9090',
    'http://0.0.0.0:9090',
    'http://127.0.0.2:8080',
    'http://10.0.0.5:8080',
    'http://[2001:db8:0::5]:8080',
    'http://[::1]:8080',
    'http://[::ffff:127.0.0.1]:9090',
    'http://10.0.0.5:7000',
    'http://0x7f000001:9090',
    'http://0x7f.1:9090',
    'http://app.localhost:9090',
    'unix:/run/eb.sock',
    'unix:/run/./eb.sock',
    'unix:/run/x/../eb.sock',
    'unix://run/eb.sock',
  ];
  for (const url of here) assert.equal(leadsHere(url, OWN, INTERFACES), true, url);
  const elsewhere = [
    'http://127.0.0.1:9091',
    'http://10.0.0.6:8080',
    'http://0x0a000006:8080',
    'http://0xapp:8080',
    'http://localhost.example:9090',
    'http://app.internal:8080',
    'http://127.0.0.1:7000',
    'http://10.0.0.5:9090',
    'unix:/run/app.sock',
    'nonsense',
  ];
  for (const url of elsewhere) assert.equal(leadsHere(url, OWN, INTERFACES), false, url);
});
