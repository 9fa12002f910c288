/** Certificates that an authority of their own has signed, made by Debian's openssl. */
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

export interface Wanted {
  /** As OpenSSL writes them: `DNS:a.test,IP:127.0.0.1`. */
  readonly names?: string;
  readonly days?: number;
  /** Of the subject. */
  readonly common?: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority in a folder of its own. */
export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'eb-tls-'));
  #signed = 0;

  constructor(t: Pick<TestContext, 'after'>) {
    t.after(() => rmSync(this.#folder, { recursive: true, force: true }));
    const [key, ca] = [this.#at('ca.key'), this.#at('ca.crt')];
    openssl('req', '-x509', ...NEW_KEY, '-keyout', key, '-out', ca, '-days', '2', '-subj', '/CN=tests');
  }

  /** For this machine unless `wanted` says otherwise. */
  sign({ names = 'IP:127.0.0.1,DNS:localhost', days = 60, common = 'localhost' }: Wanted = {}): Certificate {
    const at = (name: string): string => this.#at(`${this.#signed}.${name}`);
    this.#signed += 1;
    writeFileSync(at('names'), `subjectAltName=${names}\n`);
    openssl('req', ...NEW_KEY, '-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${common}`);
    const [ca, caKey] = [this.#at('ca.crt'), this.#at('ca.key')];
    const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-extfile', at('names')];
    openssl('x509', '-req', '-in', at('csr'), ...signed, '-out', at('crt'), '-days', String(days));
    return { ca, cert: at('crt'), key: at('key'), authority: readFileSync(ca, 'utf8') };
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }
}

/** A certificate of 127.0.0.1 and localhost. */
export function certificate(t: Pick<TestContext, 'after'>): Certificate {
  return new Authority(t).sign();
}

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync(whereIs('openssl') ?? '', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}
