/** What replicas share, as far as rate limits ask for it. */
export interface KeyUsage {
  /** The same for the same key of the same limit at every replica. */
  readonly key: string;
  /** Tokens that were let through here since the last time; 0: none, but what others did is wanted. */
  readonly tokens: number;
  /** Milliseconds that one token takes to refill, and the whole bucket. */
  readonly tokenMs: number;
  readonly wholeMs: number;
}

export interface SyncAnswer {
  /** Replicas that have been heard of lately, this one among them. */
  readonly replicas: number;
  /** How far each bucket lies ahead of now, by the store's clock, what was just told included. */
  readonly aheadMs: readonly number[];
}

export interface ReplicaStore {
  /** One round trip, whatever the number of keys. Rejects when the store cannot be asked. */
  sync(replica: string, usages: readonly KeyUsage[]): Promise<SyncAnswer>;
  /** Why it could not be asked last, in words; empty: it could, or nobody knows. */
  readonly trouble: string;
  /** Gives a connection up that does not answer, for a new one. */
  renew(): void;
  close(): void;
}
