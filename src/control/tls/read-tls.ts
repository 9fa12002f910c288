/**
 * What the files of a listener's `tls` hold, checked: a listener that cannot shake hands is found before anybody connects.
 * Reads at once and synchronously, since a configuration is judged in one go.
 */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { ListenerTlsPlan, PoolTlsPlan } from '#core/plan.ts';
import { certificatesIn, factsOf, privateKeyIn, type CertificateFacts } from './certificate.ts';

/** Nobody's chain is longer, and nobody's bundle of authorities. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
const DAY_MS = 86_400_000;
/** Certificates are renewed a month before their end; from here on it has probably failed. */
const SOON_DAYS = 14;

export interface TlsFinding {
  /** Below `tls`. */
  readonly path: readonly (string | number)[];
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface ReadCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly names: readonly string[];
}

export interface ReadTls {
  readonly certificates: readonly ReadCertificate[];
  readonly minVersion: ListenerTlsPlan['minVersion'];
  readonly clientCa: string | null;
}

export interface TlsReading {
  /** Null where there is an error. */
  readonly read: ReadTls | null;
  /** Of the certificates that could be read, by their place. */
  readonly facts: readonly (CertificateFacts | null)[];
  readonly findings: readonly TlsFinding[];
}

export function readTls(tls: ListenerTlsPlan, nowMs: number): TlsReading {
  const findings: TlsFinding[] = [];
  const say = (path: TlsFinding['path'], message: string, severity: TlsFinding['severity'] = 'error'): null => {
    findings.push({ path, severity, message });
    return null;
  };
  const certificates: ReadCertificate[] = [];
  const facts = tls.certificates.map((files, at): CertificateFacts | null => {
    const path = (key: string): TlsFinding['path'] => ['certificates', at, key];
    const cert = fileText(files.cert);
    const key = fileText(files.key);
    if (typeof cert !== 'string') say(path('cert'), cert.why);
    if (typeof key !== 'string') say(path('key'), key.why);
    const chain = typeof cert === 'string' ? certificatesIn(cert) : null;
    if (typeof chain === 'string') say(path('cert'), chain + swapped(chain, 'key'));
    const secret = typeof key === 'string' ? privateKeyIn(key) : null;
    if (typeof secret === 'string') say(path('key'), secret + swapped(secret, 'cert'));
    if (chain === null || typeof chain === 'string') return null;
    const [own] = chain;
    if (own === undefined) return null;
    const found = factsOf(own);
    for (const [message, severity] of judgeTime(found, nowMs)) say(path('cert'), message, severity);
    if (secret === null || typeof secret === 'string') return found;
    if (!own.checkPrivateKey(secret)) {
      say(path('key'), `is not the key of the certificate in ${files.cert}`);
      return found;
    }
    const read = { cert: cert as string, key: key as string, names: found.names };
    const unusable = whyUnusable(read, tls.minVersion);
    if (unusable !== null) say(path('cert'), unusable);
    else certificates.push(read);
    return found;
  });
  const clientCa = tls.clientCa === null ? null : fileText(tls.clientCa);
  if (clientCa !== null) {
    const authorities = typeof clientCa === 'string' ? certificatesIn(clientCa) : clientCa.why;
    if (typeof authorities === 'string') say(['clientCa'], authorities);
  }
  for (const at of neverChosen(facts))
    say(['certificates', at], 'is never served: the ones before it are for all of its names', 'warning');
  const isRead = !findings.some(({ severity }) => severity === 'error');
  const read = { certificates, minVersion: tls.minVersion, clientCa: typeof clientCa === 'string' ? clientCa : null };
  return { read: isRead ? read : null, facts, findings };
}

export interface ReadPoolTls {
  /** PEM. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** The same of a pool's `tls`. */
export function readPoolTls(
  tls: PoolTlsPlan,
  nowMs: number,
): { readonly read: ReadPoolTls | null; readonly findings: readonly TlsFinding[] } {
  const findings: TlsFinding[] = [];
  const ca = tls.ca === null ? null : fileText(tls.ca);
  if (ca !== null) {
    const authorities = typeof ca === 'string' ? certificatesIn(ca) : ca.why;
    if (typeof authorities === 'string') findings.push({ path: ['ca'], severity: 'error', message: authorities });
  }
  let own: ReadCertificate | null = null;
  if (tls.cert !== null && tls.key !== null) {
    const plan = { certificates: [{ cert: tls.cert, key: tls.key }], minVersion: 'TLSv1.2', clientCa: null } as const;
    const { read, findings: found } = readTls(plan, nowMs);
    findings.push(...found.map((finding) => ({ ...finding, path: finding.path.slice(2) })));
    own = read?.certificates[0] ?? null;
  }
  const isRead = !findings.some(({ severity }) => severity === 'error');
  const read = { ca: typeof ca === 'string' ? ca : null, cert: own?.cert ?? null, key: own?.key ?? null };
  return { read: isRead ? read : null, findings };
}

/** Every file that a listener's `tls` names. */
export function filesOf(tls: ListenerTlsPlan): string[] {
  const named = tls.certificates.flatMap(({ cert, key }) => [cert, key]);
  return tls.clientCa === null ? named : [...named, tls.clientCa];
}

function swapped(why: string, other: 'cert' | 'key'): string {
  return /^holds a (?:private key|certificate) and no/.test(why)
    ? `; it and \`${other}\` may be the wrong way round`
    : '';
}

function judgeTime({ notBeforeMs, notAfterMs }: CertificateFacts, nowMs: number): [string, TlsFinding['severity']][] {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (notAfterMs < nowMs) return [[`expired on ${day(notAfterMs)}; clients will refuse it`, 'warning']];
  if (notBeforeMs > nowMs) return [[`is not valid before ${day(notBeforeMs)}; clients will refuse it`, 'warning']];
  if (notAfterMs - nowMs > SOON_DAYS * DAY_MS) return [];
  return [[`expires on ${day(notAfterMs)}; renew it`, 'warning']];
}

/** What only OpenSSL says: a key too short for its security level, say. */
function whyUnusable({ cert, key }: ReadCertificate, minVersion: ListenerTlsPlan['minVersion']): string | null {
  try {
    createSecureContext({ cert, key, minVersion });
    return null;
  } catch (error) {
    const { reason, message } = error as Error & { reason?: string };
    return `cannot be used: ${reason ?? message}`;
  }
}

function neverChosen(facts: readonly (CertificateFacts | null)[]): number[] {
  const seen = new Set(facts[0]?.names);
  return facts.flatMap((found, at) => {
    if (at === 0 || found === null) return [];
    const isNew = found.names.some((name) => !seen.has(name));
    for (const name of found.names) seen.add(name);
    return isNew ? [] : [at];
  });
}

function fileText(file: string): string | { readonly why: string } {
  try {
    const { size } = statSync(file);
    if (size > FILE_BYTES_MAX) return { why: `is ${size} bytes long; a PEM file has at most ${FILE_BYTES_MAX}` };
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { why: `there is no file ${file}` };
    if (code === 'EACCES') return { why: `this user may not read ${file}` };
    if (code === 'EISDIR') return { why: `${file} is a directory; name the file in it` };
    return { why: `${file} cannot be read: ${message}` };
  }
}
