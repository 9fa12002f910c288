/** The tables of a run: the real ones, over plain memory, without the counters that nobody here reads. */
import { BucketTable } from '#memory/bucket-table.ts';
import { CircuitTable } from '#memory/circuit-table.ts';
import { EventRing } from '#memory/event-ring.ts';
import { DEFAULT_CAPACITY, Layout } from '#memory/layout.ts';
import { PoolTable } from '#memory/pool-table.ts';
import { SlotTable } from '#memory/slots.ts';
import { StrategyMemory } from '#memory/strategy-memory.ts';

/** Few, so that clients push each other out. */
const BUCKET_SETS = 32;

export interface TablesTwin {
  readonly slots: SlotTable;
  readonly strategies: StrategyMemory;
  readonly circuits: CircuitTable;
  readonly pools: PoolTable;
  readonly events: EventRing;
  readonly buckets: BucketTable;
}

export interface TwinSizes {
  readonly workers: number;
  readonly slots: number;
  readonly pools: number;
}

export function layTwin(workers: number, slots: number, pools: number): TablesTwin {
  const sizes = { workers, slots, pools };
  return layTwinOver(new ArrayBuffer(twinBytes(sizes)), sizes);
}

/** Bytes that `layTwinOver` needs. */
export function twinBytes(sizes: TwinSizes): number {
  const measure = new Layout({ ...DEFAULT_CAPACITY, ...sizes, bucketSets: BUCKET_SETS }, null);
  lay(measure);
  return measure.bytes;
}

export function layTwinOver(buffer: ArrayBufferLike, sizes: TwinSizes): TablesTwin {
  return lay(new Layout({ ...DEFAULT_CAPACITY, ...sizes, bucketSets: BUCKET_SETS }, buffer));
}

function lay(layout: Layout): TablesTwin {
  return {
    slots: new SlotTable(layout),
    strategies: new StrategyMemory(layout),
    circuits: new CircuitTable(layout),
    pools: new PoolTable(layout),
    events: new EventRing(layout),
    buckets: new BucketTable(layout),
  };
}
