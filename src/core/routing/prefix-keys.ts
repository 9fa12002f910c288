/**
 * A path pattern as one number: FNV-1a over its bytes. A request's path is hashed once, up to each of its first borders; a
 * pattern of n segments can match only when its number is that of the request's first n. One comparison of integers then
 * rules out nearly every pattern, however many there are and however much they have in common.
 */
const SLASH = 0x2f;
const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** Patterns with more segments are compared by their first this many. */
const DEPTH_MAX = 32;

export class PatternKeys {
  /** By pattern: how many segments, and their number. */
  readonly depth: Int32Array;
  readonly hash: Int32Array;
  readonly deepest: number;

  constructor(patterns: readonly Uint8Array[]) {
    this.depth = Int32Array.from(patterns, (pattern) => Math.min(DEPTH_MAX, slashes(pattern)));
    this.deepest = this.depth.reduce((most, depth) => Math.max(most, depth), 0);
    const keys = new PathKeys();
    this.hash = Int32Array.from(patterns, (pattern) => {
      keys.read(pattern, 0, pattern.length, DEPTH_MAX);
      return keys.hash[Math.min(DEPTH_MAX, slashes(pattern))] as number;
    });
  }
}

export class PathKeys {
  /** hash[n]: the first n segments. */
  readonly hash: Int32Array = new Int32Array(DEPTH_MAX + 1);
  /** How many of them there are. */
  depth = 0;

  /** `buf[start, end)` begins with a slash, or is empty. Looks no further than `deepest` segments. */
  read(buf: Uint8Array, start: number, end: number, deepest: number): void {
    const { hash } = this;
    let value = FNV_BASIS;
    let depth = 0;
    hash[0] = value;
    for (let at = start; at < end; at++) {
      const byte = buf[at] as number;
      if (byte === SLASH && at > start) {
        hash[++depth] = value;
        if (depth >= deepest) break;
      }
      value = Math.imul(value ^ byte, FNV_PRIME);
    }
    if (depth < deepest && end > start) hash[++depth] = value;
    this.depth = depth;
  }
}

function slashes(pattern: Uint8Array): number {
  let count = 0;
  for (const byte of pattern) if (byte === SLASH) count++;
  return count;
}
