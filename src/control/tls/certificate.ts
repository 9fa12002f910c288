/** What a certificate in PEM says of itself, as far as serving it needs. */
import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;

export interface CertificateFacts {
  /** Host names that it is for, lower case; `*.` in front stands for one label. */
  readonly names: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since 1970. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256 of the certificate, hexadecimal with colons. */
  readonly fingerprint: string;
}

/** The certificates of a PEM file in their order, the one that is served first; a sentence where there is none to be read. */
export function certificatesIn(pem: string): X509Certificate[] | string {
  const blocks = pem.match(CERTIFICATE);
  if (blocks === null) {
    return PRIVATE_KEY.test(pem)
      ? 'holds a private key and no certificate'
      : 'holds no certificate in PEM, which begins with `-----BEGIN CERTIFICATE-----`';
  }
  const read: X509Certificate[] = [];
  for (const [at, block] of blocks.entries()) {
    try {
      read.push(new X509Certificate(block));
    } catch {
      return `holds a certificate that cannot be read${blocks.length > 1 ? ` (number ${at + 1} of ${blocks.length})` : ''}; it may have been cut short`;
    }
  }
  return read;
}

/** The private key of a PEM file; a sentence where there is none to be read. Never says what is in it. */
export function privateKeyIn(pem: string): KeyObject | string {
  if (/ENCRYPTED/.test(pem))
    return 'is locked with a passphrase, and nobody is there to type it; `openssl pkey -in FILE -out NEWFILE` takes it off';
  if (!PRIVATE_KEY.test(pem)) {
    return pem.includes('-----BEGIN CERTIFICATE-----')
      ? 'holds a certificate and no private key'
      : 'holds no private key in PEM, which begins with `-----BEGIN PRIVATE KEY-----`';
  }
  try {
    return createPrivateKey(pem);
  } catch {
    return 'holds a private key that cannot be read; it may have been cut short';
  }
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    names: namesOf(certificate),
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  };
}

/** DNS names; where the certificate has none of any kind, the common name (RFC 6125, section 6.4.4). */
function namesOf({ subject, subjectAltName = '' }: X509Certificate): string[] {
  // Node quotes names with odd characters in them; no host has such a name.
  const names = subjectAltName
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice(4).toLowerCase());
  if (subjectAltName !== '') return [...new Set(names)];
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  return common === undefined ? [] : [common.toLowerCase()];
}

function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').join(', ');
}
