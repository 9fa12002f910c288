/**
 * Log-linear latency histograms: 32 equal sub-buckets in every power of two, so that a quantile read back is within
 * 1.6 % of the true value (half a sub-bucket). Values are whole microseconds, 0 to about 38 minutes; larger ones count in
 * the last bucket. One histogram is `HISTOGRAM_CELLS` u32 cells and one writer; readers sum rows.
 * Source: HdrHistogram (Gil Tene), with a fixed precision of 5 bits.
 */
const SUB_BITS = 5;
const SUB = 1 << SUB_BITS;
const OCTAVES = 26;
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

/** The value below which the share `q` (0 to 1) of what was counted lies, in microseconds; 0 when empty. */
export function quantileUs(cells: Float64Array, q: number): number {
  let total = 0;
  for (let i = 0; i < HISTOGRAM_CELLS; i++) total += cells[i] as number;
  if (total === 0) return 0;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (let i = 0; i < HISTOGRAM_CELLS; i++) {
    seen += cells[i] as number;
    if (seen >= rank) return bucketMiddleUs(i);
  }
  return bucketMiddleUs(HISTOGRAM_CELLS - 1);
}
