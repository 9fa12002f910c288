/** Which certificate serves a client that names a host in its first message (SNI, RFC 6066 section 3). */

/** A name that a certificate has itself goes before a pattern; the first certificate serves whom none is for. */
export function certificateFor<T extends { readonly names: readonly string[] }>(
  certificates: readonly T[],
  host: string,
): T {
  const name = host.toLowerCase();
  const dot = name.indexOf('.');
  // A wildcard stands for the whole leftmost label and no other (RFC 6125, section 6.4.3).
  const pattern = dot > 0 ? `*${name.slice(dot)}` : name;
  return (
    certificates.find(({ names }) => names.includes(name)) ??
    certificates.find(({ names }) => names.includes(pattern)) ??
    (certificates[0] as T)
  );
}
