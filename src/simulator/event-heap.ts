/**
 * The agenda of a what-if run: events by time, in typed arrays so that nothing is allocated for one. An event is a whole number;
 * what it means is the run's to know. Events of one time come out in the order they were put in.
 *
 * A binary heap: a pool of eight backends has some dozens of events ahead, six levels; a calendar queue saves nothing there.
 */
const CAPACITY_FIRST = 1024;

export class EventHeap {
  #times = new Float64Array(CAPACITY_FIRST);
  #orders = new Float64Array(CAPACITY_FIRST);
  #events = new Int32Array(CAPACITY_FIRST);
  #count = 0;
  #puts = 0;
  /** When the next event is due; Infinity when there is none. */
  nextMs = Infinity;

  put(atMs: number, event: number): void {
    if (this.#count === this.#times.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const events = this.#events;
    let at = this.#count++;
    // The newest of one time is the last of them: it never passes an equal one on its way up.
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((times[parent] as number) <= atMs) break;
      times[at] = times[parent] as number;
      orders[at] = orders[parent] as number;
      events[at] = events[parent] as number;
      at = parent;
    }
    times[at] = atMs;
    orders[at] = this.#puts++;
    events[at] = event;
    this.nextMs = times[0] as number;
  }

  /** Takes the next event out; there must be one. */
  take(): number {
    const times = this.#times;
    const first = this.#events[0] as number;
    const last = --this.#count;
    if (last > 0) this.#sink(times[last] as number, this.#orders[last] as number, this.#events[last] as number, last);
    this.nextMs = last > 0 ? (times[0] as number) : Infinity;
    return first;
  }

  #sink(time: number, order: number, event: number, count: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const events = this.#events;
    let at = 0;
    for (let child = 1; child < count; child = at * 2 + 1) {
      let childTime = times[child] as number;
      if (child + 1 < count) {
        const other = times[child + 1] as number;
        if (other < childTime || (other === childTime && (orders[child + 1] as number) < (orders[child] as number))) {
          child++;
          childTime = other;
        }
      }
      if (time < childTime || (time === childTime && order < (orders[child] as number))) break;
      times[at] = childTime;
      orders[at] = orders[child] as number;
      events[at] = events[child] as number;
      at = child;
    }
    times[at] = time;
    orders[at] = order;
    events[at] = event;
  }

  #grow(): void {
    const larger = <T extends Float64Array | Int32Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    const length = this.#times.length * 2;
    this.#times = larger(this.#times, new Float64Array(length));
    this.#orders = larger(this.#orders, new Float64Array(length));
    this.#events = larger(this.#events, new Int32Array(length));
  }
}
