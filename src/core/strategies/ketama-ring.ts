/**
 * The ring of `hash … consistent` in nginx (ngx_http_upstream_hash_module.c), which follows Perl's
 * Cache::Memcached::Fast: 160 points for each unit of weight, each the CRC-32 of host, a zero byte, port, and the point
 * before as four little-endian bytes (0 before the first). A key belongs to the owner of the first point at or above its
 * own CRC-32, or of the very first point.
 */
import { crc32, utf8 } from '../math/hash.ts';

export const POINTS_PER_WEIGHT = 160;
const ZERO = Uint8Array.of(0);

/** Points of one server, in the order in which they arise. */
export function ketamaPoints(name: string, count: number): Uint32Array {
  const { host, port } = splitName(name);
  const base = crc32(port, 0, port.length, crc32(ZERO, 0, 1, crc32(host, 0, host.length)));
  const points = new Uint32Array(count);
  const before = new Uint8Array(4);
  for (let at = 0; at < count; at++) {
    const point = crc32(before, 0, 4, base);
    points[at] = point;
    before[0] = point;
    before[1] = point >>> 8;
    before[2] = point >>> 16;
    before[3] = point >>> 24;
  }
  return points;
}

/** The port is what digits follow the last colon. */
function splitName(name: string): { host: Uint8Array; port: Uint8Array } {
  const parts = /^(.*):([0-9]*)$/s.exec(name);
  if (parts === null) return { host: utf8(name), port: new Uint8Array(0) };
  return { host: utf8(parts[1]), port: utf8(parts[2]) };
}

/** Points in rising order, with the server that owns each and its rank among that server's points. */
export class KetamaRing {
  readonly points: Uint32Array;
  readonly owners: Int32Array;
  readonly ranks: Uint32Array;

  constructor(servers: readonly { readonly owner: number; readonly name: string; readonly points: number }[]) {
    const total = servers.reduce((sum, server) => sum + server.points, 0);
    const points = new Uint32Array(total);
    const owners = new Int32Array(total);
    const ranks = new Uint32Array(total);
    // Sorted as one number each, the point above its place of origin: both fit into a double's 53 bits.
    const keys = new Float64Array(total);
    let at = 0;
    for (const { owner, name, points: count } of servers) {
      ketamaPoints(name, count).forEach((point, rank) => {
        owners[at] = owner;
        ranks[at] = rank;
        keys[at] = point * ORIGINS + at;
        at++;
      });
    }
    keys.sort();
    this.points = points;
    this.owners = new Int32Array(total);
    this.ranks = new Uint32Array(total);
    keys.forEach((key, place) => {
      const origin = key % ORIGINS;
      points[place] = (key - origin) / ORIGINS;
      this.owners[place] = owners[origin];
      this.ranks[place] = ranks[origin];
    });
  }

  /** The place of the first point at or above `hash`, from the start again when there is none. */
  find(hash: number): number {
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.points[middle] < hash) low = middle + 1;
      else high = middle;
    }
    return low === this.points.length ? 0 : low;
  }
}

/** More than any ring has points. */
const ORIGINS = 2 ** 21;
export const RING_POINTS_MAX = ORIGINS;
