import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TlsAcceptor, TlsClientSettings, TlsConnector, TlsSettings } from '#transport/transport.ts';
import { TlsSides } from './tls-sides.ts';

const listener = (cert: string): TlsSettings => {
  const certificates = [{ cert, key: 'k', names: [] }];
  return { certificates, minVersion: 'TLSv1.2', clientCa: null, ticketKeys: new Uint8Array(48) };
};
const pool = (ca: string | null): TlsClientSettings => ({ ca, cert: null, key: null });

function setUp() {
  const done: string[] = [];
  const sides = new TlsSides(
    {
      tlsAcceptor: ({ certificates }) => {
        done.push(`accept ${certificates[0]?.cert}`);
        return { use: (next) => void done.push(`use ${next.certificates[0]?.cert}`) } as TlsAcceptor;
      },
      tlsConnector: ({ ca }) => {
        done.push(`connect ${ca}`);
        return {} as TlsConnector;
      },
    },
    () => ({ onHandshake: () => {}, inTheClear: () => Buffer.alloc(0) }),
  );
  return { sides, take: () => done.splice(0) };
}

test('what is told again and is the same stays: keys are read and sessions forgotten for changes alone', () => {
  const { sides, take } = setUp();
  const tell = (cert: string, ca: string) => sides.use({ listeners: { a: listener(cert) }, pools: { app: pool(ca) } });
  tell('one', 'x');
  assert.deepEqual(take(), ['accept one', 'connect x']);
  const [acceptor, connector] = [sides.acceptor('a'), sides.connector('app')];
  tell('one', 'x');
  assert.deepEqual(take(), []);
  tell('two', 'x');
  assert.deepEqual(take(), ['use two'], 'handshakes that have begun go on');
  assert.equal(sides.acceptor('a'), acceptor);
  assert.equal(sides.connector('app'), connector);
  tell('two', 'y');
  assert.deepEqual(take(), ['connect y']);
  assert.notEqual(sides.connector('app'), connector);
});

test('a listener that is not named any more has none; a pool that is not is verified as the system does', () => {
  const { sides, take } = setUp();
  sides.use({ listeners: { a: listener('one') }, pools: { app: pool('x') } });
  sides.use({ listeners: {}, pools: {} });
  take();
  assert.equal(sides.acceptor('a'), undefined);
  assert.equal(sides.connector('app'), sides.connector('other'));
  assert.deepEqual(take(), ['connect null']);
});
