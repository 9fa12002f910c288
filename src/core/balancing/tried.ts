/** The slots that one exchange has been tried at, in order. */
export class Tried {
  readonly slots: Int32Array;
  count = 0;

  constructor(most: number) {
    this.slots = new Int32Array(most);
  }

  /** The slot tried last, or -1. */
  get last(): number {
    return this.count === 0 ? -1 : (this.slots[this.count - 1] as number);
  }

  clear(): void {
    this.count = 0;
  }

  add(slot: number): void {
    if (this.count < this.slots.length) this.slots[this.count++] = slot;
  }

  has(slot: number): boolean {
    for (let at = 0; at < this.count; at++) if (this.slots[at] === slot) return true;
    return false;
  }
}

/** For a first attempt. */
export const UNTRIED: Tried = new Tried(0);
