/**
 * What the files of a listener's or a pool's `tls` hold, checked: what cannot shake hands is found before anybody connects.
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
  const pairs = tls.certificates.map((files) => readPair(files, 'clients', tls.minVersion, nowMs));
  const clientCa = tls.clientCa === null ? NO_AUTHORITIES : readAuthorities(tls.clientCa, 'clientCa');
  const facts = pairs.map((pair) => pair.facts);
  const findings: TlsFinding[] = [
    ...pairs.flatMap((pair, at) => pair.findings.map((one) => ({ ...one, path: ['certificates', at, ...one.path] }))),
    ...clientCa.findings,
    ...neverChosen(facts).map((at): TlsFinding => {
      const message = 'is never served: the ones before it are for all of its names';
      return { path: ['certificates', at], severity: 'warning', message };
    }),
  ];
  const certificates = pairs.map(({ read }) => read).filter((read) => read !== null);
  const read = { certificates, minVersion: tls.minVersion, clientCa: clientCa.text };
  return { read: isUsable(findings) ? read : null, facts, findings };
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
  const ca = tls.ca === null ? NO_AUTHORITIES : readAuthorities(tls.ca, 'ca');
  const { cert, key } = tls;
  const own = cert === null || key === null ? null : readPair({ cert, key }, 'backends', 'TLSv1.2', nowMs);
  const findings = [...ca.findings, ...(own?.findings ?? [])];
  const read = { ca: ca.text, cert: own?.read?.cert ?? null, key: own?.read?.key ?? null };
  return { read: isUsable(findings) ? read : null, findings };
}

/** Every file that a listener's `tls` names. */
export function filesOf(tls: ListenerTlsPlan): string[] {
  const named = tls.certificates.flatMap(({ cert, key }) => [cert, key]);
  return tls.clientCa === null ? named : [...named, tls.clientCa];
}

interface Pair {
  /** Null: it cannot be used. */
  readonly read: ReadCertificate | null;
  /** Null: the certificate cannot be read. */
  readonly facts: CertificateFacts | null;
  readonly findings: readonly TlsFinding[];
}

/** A certificate and its key, which `others` are shown. */
function readPair(
  files: { readonly cert: string; readonly key: string },
  others: 'clients' | 'backends',
  minVersion: ListenerTlsPlan['minVersion'],
  nowMs: number,
): Pair {
  const findings: TlsFinding[] = [];
  const say = (part: 'cert' | 'key', message: string): void => {
    findings.push({ path: [part], severity: 'error', message });
  };
  const cert = fileText(files.cert);
  const key = fileText(files.key);
  if (typeof cert !== 'string') say('cert', cert.why);
  if (typeof key !== 'string') say('key', key.why);
  const chain = typeof cert === 'string' ? certificatesIn(cert) : [];
  if (typeof chain === 'string') say('cert', chain + swapped(chain, 'key'));
  const secret = typeof key === 'string' ? privateKeyIn(key) : null;
  if (typeof secret === 'string') say('key', secret + swapped(secret, 'cert'));
  const own = typeof chain === 'string' ? undefined : chain[0];
  if (own === undefined) return { read: null, facts: null, findings };
  const facts = factsOf(own);
  const untimely = judgeTime(facts, others, nowMs);
  if (untimely !== null) findings.push({ path: ['cert'], severity: 'warning', message: untimely });
  if (secret === null || typeof secret === 'string') return { read: null, facts, findings };
  if (!own.checkPrivateKey(secret)) {
    say('key', `is not the key of the certificate in ${files.cert}`);
    return { read: null, facts, findings };
  }
  const read = { cert: cert as string, key: key as string, names: facts.names };
  const unusable = whyUnusable(read, minVersion);
  if (unusable === null) return { read, facts, findings };
  say('cert', unusable);
  return { read: null, facts, findings };
}

interface Authorities {
  /** PEM. */
  readonly text: string | null;
  readonly findings: readonly TlsFinding[];
}
const NO_AUTHORITIES: Authorities = { text: null, findings: [] };

function readAuthorities(file: string, key: string): Authorities {
  const text = fileText(file);
  const found = typeof text === 'string' ? certificatesIn(text) : text.why;
  if (typeof found === 'string') return { text: null, findings: [{ path: [key], severity: 'error', message: found }] };
  return { text: text as string, findings: [] };
}

function isUsable(findings: readonly TlsFinding[]): boolean {
  return !findings.some(({ severity }) => severity === 'error');
}

function swapped(why: string, other: 'cert' | 'key'): string {
  return /^holds a (?:private key|certificate) and no/.test(why)
    ? `; it and \`${other}\` may be the wrong way round`
    : '';
}

/** Null: it is valid, and for some time yet. */
function judgeTime({ notBeforeMs, notAfterMs }: CertificateFacts, others: string, nowMs: number): string | null {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (notAfterMs < nowMs) return `expired on ${day(notAfterMs)}; ${others} will refuse it`;
  if (notBeforeMs > nowMs) return `is not valid before ${day(notBeforeMs)}; ${others} will refuse it`;
  return notAfterMs - nowMs > SOON_DAYS * DAY_MS ? null : `expires on ${day(notAfterMs)}; renew it`;
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
