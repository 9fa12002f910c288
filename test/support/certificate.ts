/** A certificate of 127.0.0.1 and localhost that an authority of its own has signed, made by Debian's openssl. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { whereIs } from './needs.ts';

export interface Certificate {
  /** Paths. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The authority, as text. */
  readonly authority: string;
}

export function certificate(t: Pick<TestContext, 'after'>): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'eb-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', at('ca.key'), '-out', at('ca.crt'), '-days', '2', '-subj', '/CN=tests');
  openssl('req', ...newKey, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=localhost');
  const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('names')];
  openssl('x509', '-req', '-in', at('csr'), ...signed, '-out', at('crt'), '-days', '2');
  return { ca: at('ca.crt'), cert: at('crt'), key: at('key'), authority: readFileSync(at('ca.crt'), 'utf8') };
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync(whereIs('openssl') ?? '', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
