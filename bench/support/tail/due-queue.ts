import { epochMs } from './scenarios.ts';

interface Entry {
  readonly atMs: number;
  readonly act: () => void;
}

/** Actions in order of time over one timer: a binary heap. Runs each at its time or, as timers go, up to 1 ms after. */
export class DueQueue {
  readonly #heap: Entry[] = [];
  readonly #latenessMs: number[] = [];
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = Infinity;
  #firing = false;

  add(atMs: number, act: () => void): void {
    const heap = this.#heap;
    let at = heap.push({ atMs, act }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.atMs <= heap[at]!.atMs) break;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
    this.#arm();
  }

  /** How late each action ran, since this was last asked. */
  takeLateness(): number[] {
    return this.#latenessMs.splice(0);
  }

  #arm(): void {
    if (this.#firing) return;
    const next = this.#heap[0]?.atMs ?? Infinity;
    if (next >= this.#timerAtMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAtMs = next;
    this.#timer = setTimeout(() => this.#fire(), Math.max(1, Math.ceil(next - epochMs())));
  }

  #fire(): void {
    this.#timer = null;
    this.#timerAtMs = Infinity;
    const nowMs = epochMs();
    this.#firing = true;
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= nowMs) {
      const entry = this.#pop();
      this.#latenessMs.push(nowMs - entry.atMs);
      entry.act();
    }
    this.#firing = false;
    this.#arm();
  }

  #pop(): Entry {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    heap[0] = last;
    let at = 0;
    for (;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && heap[child]!.atMs < heap[least]!.atMs) least = child;
      }
      if (least === at) return top;
      [heap[least], heap[at]] = [heap[at]!, heap[least]!];
      at = least;
    }
  }
}
