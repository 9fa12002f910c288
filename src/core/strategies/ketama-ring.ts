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

export interface Server {
  readonly owner: number;
  readonly name: string;
  /** How many points it has. */
  readonly points: number;
}

/** Points in rising order, with the server that owns each and its rank among that server's points. */
export class KetamaRing {
  readonly points: Uint32Array;
  readonly owners: Int32Array;
  readonly ranks: Uint32Array;

  constructor(servers: readonly Server[]) {
    const total = servers.reduce((sum, server) => sum + server.points, 0);
    const points = new Uint32Array(total);
    const owners = new Int32Array(total);
    const ranks = new Uint32Array(total);
    let end = 0;
    for (const { owner, name, points: count } of servers) {
      points.set(ketamaPoints(name, count), end);
      owners.fill(owner, end, end + count);
      for (let rank = 0; rank < count; rank++) ranks[end + rank] = rank;
      end += count;
    }
    const order = rising(points);
    this.points = new Uint32Array(total);
    this.owners = new Int32Array(total);
    this.ranks = new Uint32Array(total);
    for (let place = 0; place < total; place++) {
      const origin = order[place];
      this.points[place] = points[origin];
      this.owners[place] = owners[origin];
      this.ranks[place] = ranks[origin];
    }
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

/** The places of `values` in rising order of their values, equal ones as they stand: a radix sort by halves. */
function rising(values: Uint32Array): Uint32Array {
  const order = new Uint32Array(values.length);
  for (let place = 0; place < order.length; place++) order[place] = place;
  return sortedByHalf(values, sortedByHalf(values, order, 0), 16);
}

function sortedByHalf(values: Uint32Array, order: Uint32Array, shift: number): Uint32Array {
  const starts = new Uint32Array(65_537);
  for (let place = 0; place < values.length; place++) starts[((values[place] >>> shift) & 0xffff) + 1]++;
  for (let half = 1; half < starts.length; half++) starts[half] += starts[half - 1];
  const sorted = new Uint32Array(order.length);
  for (let at = 0; at < order.length; at++) {
    const place = order[at];
    sorted[starts[(values[place] >>> shift) & 0xffff]++] = place;
  }
  return sorted;
}
