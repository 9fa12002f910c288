/**
 * The simulator's agenda: a binary heap of events by time; events of one time come out in the order they were put in,
 * so that a run is the same every time.
 */
export class EventQueue<Event> {
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #events: Event[] = [];
  #puts = 0;

  /** When the next event is due; Infinity when there is none. */
  get nextMs(): number {
    return this.#times[0] ?? Infinity;
  }

  put(atMs: number, event: Event): void {
    let at = this.#times.length;
    this.#set(at, atMs, this.#puts++, event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the next event out; there must be one. */
  take(): Event {
    const first = this.#events[0];
    const time = this.#times.pop() as number;
    const order = this.#orders.pop() as number;
    const event = this.#events.pop() as Event;
    if (this.#times.length > 0) {
      this.#set(0, time, order, event);
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    const count = this.#times.length;
    for (let at = 0; ;) {
      let child = at * 2 + 1;
      if (child >= count) return;
      if (child + 1 < count && this.#before(child + 1, child)) child++;
      if (!this.#before(child, at)) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #before(a: number, b: number): boolean {
    const difference = this.#times[a] - this.#times[b];
    return difference < 0 || (difference === 0 && this.#orders[a] < this.#orders[b]);
  }

  #set(at: number, time: number, order: number, event: Event): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#events[at] = event;
  }

  #swap(a: number, b: number): void {
    const [time, order, event] = [this.#times[a], this.#orders[a], this.#events[a]];
    this.#set(a, this.#times[b], this.#orders[b], this.#events[b]);
    this.#set(b, time, order, event);
  }
}
