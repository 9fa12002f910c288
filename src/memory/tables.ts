/** All tables over one block. The same call on the same capacity lays the same tables out in every thread. */
import { BucketTable } from './bucket-table.ts';
import { CircuitTable } from './circuit-table.ts';
import { ConcurrencyTable } from './concurrency-table.ts';
import { CounterTable } from './counters.ts';
import { EventRing } from './event-ring.ts';
import { Layout, type Capacity } from './layout.ts';
import { ListenerTable } from './listener-table.ts';
import { PoolTable } from './pool-table.ts';
import { ProcessTable } from './process-table.ts';
import { SlotTable } from './slots.ts';
import { SpanTable } from './span-ring.ts';
import { StrategyMemory } from './strategy-memory.ts';
import { TrafficTable } from './traffic-table.ts';
import { UsageTable } from './usage-table.ts';

export interface Tables {
  readonly capacity: Capacity;
  readonly slots: SlotTable;
  readonly counters: CounterTable;
  readonly strategies: StrategyMemory;
  readonly circuits: CircuitTable;
  readonly pools: PoolTable;
  readonly events: EventRing;
  readonly buckets: BucketTable;
  readonly process: ProcessTable;
  readonly listeners: ListenerTable;
  readonly concurrency: ConcurrencyTable;
  readonly spans: SpanTable;
  readonly traffic: TrafficTable;
  readonly usage: UsageTable;
}

/** Bytes that `layTables` needs for this capacity. */
export function tablesBytes(capacity: Capacity): number {
  const layout = new Layout(capacity, null);
  lay(layout);
  return layout.bytes;
}

/** Lays the tables out over `buffer`, shared or not, of at least `tablesBytes(capacity)` bytes. */
export function layTables(buffer: ArrayBufferLike, capacity: Capacity): Tables {
  return lay(new Layout(capacity, buffer));
}

function lay(layout: Layout): Tables {
  return {
    capacity: layout.capacity,
    slots: new SlotTable(layout),
    counters: new CounterTable(layout),
    strategies: new StrategyMemory(layout),
    circuits: new CircuitTable(layout),
    pools: new PoolTable(layout),
    events: new EventRing(layout),
    buckets: new BucketTable(layout),
    process: new ProcessTable(layout),
    listeners: new ListenerTable(layout),
    concurrency: new ConcurrencyTable(layout),
    spans: new SpanTable(layout),
    traffic: new TrafficTable(layout),
    usage: new UsageTable(layout),
  };
}
