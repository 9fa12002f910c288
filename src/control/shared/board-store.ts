/** Where replicas hang up what they tell of themselves, and read what the others do. */
export interface Posted {
  readonly replica: string;
  /** Since it was hung up, by the store's clock. */
  readonly ageMs: number;
  readonly report: string;
}

export interface BoardStore {
  /** Hangs up `report` in the place of the last of this replica, takes down what is old, and gives all. One round trip. */
  exchange(replica: string, report: string): Promise<readonly Posted[]>;
  /** Takes this replica's down: it stops. */
  leave(replica: string): Promise<void>;
}
