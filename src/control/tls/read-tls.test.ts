import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { ListenerTlsPlan } from '#core/plan.ts';
import { Authority, type Certificate } from '../../../test/support/certificate.ts';
import { need } from '../../../test/support/needs.ts';
import { readTls, type TlsFinding } from './read-tls.ts';

const DAY_MS = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'read-tls-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const planOf = (...certificates: ListenerTlsPlan['certificates']): ListenerTlsPlan => {
  return { certificates, minVersion: 'TLSv1.2', clientCa: null };
};
const said = (findings: readonly TlsFinding[]): string[] =>
  findings.map(({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`);

describe('the files of `tls`', { skip: need('openssl') }, () => {
  const authority = new Authority({ after: (done) => after(done as () => void) });
  const own = authority.sign({ names: 'DNS:a.test,DNS:*.B.test,IP:127.0.0.1' });
  const other = authority.sign({ names: 'DNS:a.test' });
  const read = (plan: ListenerTlsPlan, nowMs = Date.now()) => readTls(plan, nowMs);
  const refusals = (plan: ListenerTlsPlan): string[] => {
    const reading = read(plan);
    assert.equal(reading.read, null);
    return said(reading.findings);
  };

  test('what they hold, and what the certificate says of itself', () => {
    const { read: found, facts, findings } = read({ ...planOf(own), clientCa: own.ca });
    assert.deepEqual(findings, []);
    assert.equal(found?.certificates[0]?.cert, readFileSync(own.cert, 'utf8'));
    assert.equal(found.clientCa, own.authority);
    assert.deepEqual(facts[0]?.names, ['a.test', '*.b.test'], 'host names alone, in lower case');
    assert.match(facts[0].fingerprint, /^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
    assert.equal(facts[0].issuer, 'CN=tests');
  });

  test('files that are not there, or hold something else', () => {
    const cut = file('cut.pem', readFileSync(own.cert, 'utf8').replace(/(.{200})[^]*(\n-----END)/s, '$1$2'));
    const cutKey = file(
      'cut.key',
      readFileSync(own.key, 'utf8').replace(/(BEGIN PRIVATE KEY-----\n.{10})[^]*(\n-----END)/s, '$1$2'),
    );
    const cases: [Partial<Certificate>, RegExp][] = [
      [{ cert: join(folder, 'none') }, /^error certificates\.0\.cert: there is no file \/.*none$/],
      [{ cert: folder }, /certificates\.0\.cert: .* is a directory; name the file in it$/],
      [{ cert: file('empty', '') }, /certificates\.0\.cert: holds no certificate in PEM/],
      [
        { cert: own.key },
        /certificates\.0\.cert: holds a private key and no certificate; it and `key` may be the wrong way round$/,
      ],
      [
        { key: own.cert },
        /certificates\.0\.key: holds a certificate and no private key; it and `cert` may be the wrong way round$/,
      ],
      [{ cert: cut }, /certificates\.0\.cert: holds a certificate that cannot be read; it may have been cut short/],
      [{ key: cutKey }, /certificates\.0\.key: holds a private key that cannot be read; it may have been cut short/],
      [{ key: file('words', 'hello') }, /certificates\.0\.key: holds no private key in PEM/],
      [{ key: other.key }, /certificates\.0\.key: is not the key of the certificate in /],
    ];
    for (const [wrong, why] of cases) {
      const [first, ...more] = refusals(planOf({ ...own, ...wrong }));
      assert.match(first ?? '', why);
      assert.deepEqual(more, []);
    }
    assert.deepEqual(refusals({ ...planOf(own), clientCa: own.key }), [
      'error clientCa: holds a private key and no certificate',
    ]);
  });

  test('everything that is wrong is said, not only the first', () => {
    const none = join(folder, 'none');
    assert.equal(
      refusals({ ...planOf({ cert: none, key: none }, { ...own, key: other.key }), clientCa: none }).length,
      4,
    );
  });

  test('a key with a passphrase, or one that is too short to be safe', () => {
    const openssl = (...args: string[]): void => assert.equal(spawnSync('openssl', args).status, 0, args.join(' '));
    const locked = join(folder, 'locked.key');
    openssl('pkey', '-in', own.key, '-aes256', '-passout', 'pass:secret', '-out', locked);
    assert.match(refusals(planOf({ ...own, key: locked }))[0] ?? '', /locked with a passphrase.*openssl pkey/);
    const [cert, key] = [join(folder, 'short.pem'), join(folder, 'short.key')];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '90',
      '-subj',
      '/CN=a',
    );
    const short = read(planOf({ cert, key }));
    assert.match(said(short.findings)[0] ?? '', /certificates\.0\.cert: cannot be used: .*key too small/);
    assert.deepEqual(short.facts[0]?.names, ['a'], 'without other names the common name stands for them');
  });

  test('times: over, not yet, soon', () => {
    const at = (days: number): string[] => said(read(planOf(own), Date.now() + days * DAY_MS).findings);
    assert.deepEqual(at(0), []);
    assert.match(
      at(61)[0] ?? '',
      /^warning certificates\.0\.cert: expired on \d{4}-\d\d-\d\d; clients will refuse it$/,
    );
    assert.match(at(-1)[0] ?? '', /^warning .* is not valid before /);
    assert.match(at(50)[0] ?? '', /^warning .* expires on .*; renew it$/);
    assert.notEqual(read(planOf(own), Date.now() + 61 * DAY_MS).read, null, 'it is served all the same');
  });

  test('one whose names all belong to those before it is never served', () => {
    assert.deepEqual(said(read(planOf(own, other)).findings), [
      'warning certificates.1: is never served: the ones before it are for all of its names',
    ]);
    assert.deepEqual(read(planOf(other, own)).findings, []);
  });

  test('no finding shows what a key is made of', () => {
    const secret = readFileSync(own.key, 'utf8').split('\n')[1] ?? '';
    const all = [planOf({ ...own, cert: own.key }), planOf({ ...own, key: other.key })].flatMap((plan) =>
      said(read(plan).findings),
    );
    for (const line of all) assert.equal(line.includes(secret), false, line);
  });
});
