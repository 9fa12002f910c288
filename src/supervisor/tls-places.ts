/** Where a plan speaks TLS, and what the files named there hold. */
import type { CertificateFacts } from '#control/tls/certificate.ts';
import {
  filesOf,
  readPoolTls,
  readTls,
  type ReadPoolTls,
  type ReadTls,
  type TlsFinding,
} from '#control/tls/read-tls.ts';
import { formatPath } from '#control/config/problem.ts';
import type { ListenerTlsPlan, Plan, PoolTlsPlan } from '#core/plan.ts';

/** A listener that speaks TLS, or a pool with a backend that does. */
export type TlsPlace =
  | { readonly kind: 'listener'; readonly name: string; readonly plan: ListenerTlsPlan }
  | { readonly kind: 'pool'; readonly name: string; readonly plan: PoolTlsPlan };

export type PlaceContent =
  | { readonly kind: 'listener'; readonly read: ReadTls; readonly served: readonly ServedCertificate[] }
  | { readonly kind: 'pool'; readonly read: ReadPoolTls };

/** A certificate that is served to clients. */
export interface ServedCertificate extends CertificateFacts {
  readonly listener: string;
  readonly file: string;
}

export function placesOf(plan: Plan): TlsPlace[] {
  const places: TlsPlace[] = [];
  for (const { name, tls } of plan.listeners) if (tls !== null) places.push({ kind: 'listener', name, plan: tls });
  for (const { name, tls, backends } of plan.pools)
    if (backends.some(({ tlsName }) => tlsName !== null)) places.push({ kind: 'pool', name, plan: tls });
  return places;
}

/** Tells places apart. */
export const placeKey = ({ kind, name }: Pick<TlsPlace, 'kind' | 'name'>): string => `${kind} ${name}`;

export function filesAt(place: TlsPlace): string[] {
  if (place.kind === 'listener') return filesOf(place.plan);
  const { ca, cert, key } = place.plan;
  return [ca, cert, key].filter((file) => file !== null);
}

/** `content` null: it cannot be used, and the findings say why. */
export function readPlace(
  place: TlsPlace,
  nowMs: number,
): { readonly content: PlaceContent | null; readonly findings: readonly TlsFinding[] } {
  if (place.kind === 'pool') {
    const { read, findings } = readPoolTls(place.plan, nowMs);
    return { content: read === null ? null : { kind: 'pool', read }, findings };
  }
  const { read, facts, findings } = readTls(place.plan, nowMs);
  if (read === null) return { content: null, findings };
  const served = facts.flatMap((found, at) =>
    found === null ? [] : [{ ...found, listener: place.name, file: place.plan.certificates[at]?.cert ?? '' }],
  );
  return { content: { kind: 'listener', read, served }, findings };
}

export function sentenceOf({ kind, name }: TlsPlace, { path, message }: TlsFinding): string {
  return `${kind === 'listener' ? 'Listener' : 'Pool'} "${name}": ${formatPath(['tls', ...path])}: ${message}`;
}
