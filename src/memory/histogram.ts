/**
 * Log-linear latency histograms: 64 equal sub-buckets in every power of two, so that a quantile read back is within
 * 0.8 % of the true value (half a sub-bucket), or half a microsecond where that is more. Values are whole microseconds, 0 to
 * about 36 minutes; larger ones count in the last bucket. One histogram is `HISTOGRAM_CELLS` u32 cells (6.5 KiB) and one
 * writer; readers sum rows. Pages of histograms that nothing was counted in take no memory.
 * Source: HdrHistogram (Gil Tene), with a fixed precision of 6 bits.
 */
const SUB_BITS = 6;
const SUB = 1 << SUB_BITS;
const OCTAVES = 25;
export const HISTOGRAM_CELLS: number = SUB * (OCTAVES + 1);

/** The bucket that counts `valueUs`. */
export function bucketOf(valueUs: number): number {
  const value = valueUs >>> 0;
  if (value < SUB) return value;
  const octave = 31 - Math.clz32(value) - SUB_BITS;
  const index = ((octave + 1) << SUB_BITS) + ((value >>> octave) - SUB);
  return index < HISTOGRAM_CELLS ? index : HISTOGRAM_CELLS - 1;
}

/** The smallest value that bucket `index` counts, in microseconds. */
export function bucketFloorUs(index: number): number {
  if (index < SUB) return index;
  const octave = (index >>> SUB_BITS) - 1;
  return ((index & (SUB - 1)) + SUB) * 2 ** octave;
}

/** The value in the middle of bucket `index`, in microseconds. */
export function bucketMiddleUs(index: number): number {
  return (bucketFloorUs(index) + bucketFloorUs(index + 1)) / 2;
}

/** Adds the cells from `offset` on to `into`. */
export function addInto(into: Float64Array, cells: Uint32Array, offset: number): void {
  for (let i = 0; i < HISTOGRAM_CELLS; i++) into[i] = (into[i] as number) + (cells[offset + i] as number);
}

/**
 * The values below which the shares `shares` (0 to 1, ascending) of what was counted lie, in microseconds; 0 when empty. One
 * pass, whatever the number of shares.
 */
export function quantilesUs(cells: Float64Array, shares: readonly number[]): number[] {
  let total = 0;
  for (let i = 0; i < HISTOGRAM_CELLS; i++) total += cells[i] as number;
  if (total === 0) return shares.map(() => 0);
  let seen = 0;
  let at = -1;
  return shares.map((share) => {
    const rank = Math.min(total, Math.max(1, Math.ceil(share * total)));
    while (seen < rank && at < HISTOGRAM_CELLS - 1) seen += cells[++at] as number;
    return bucketMiddleUs(at);
  });
}
