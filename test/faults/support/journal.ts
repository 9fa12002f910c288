/** What one backend wrote down: each request as it came, its body, and whether it was answered. */
export interface Entry {
  readonly method: string;
  /** How often it came. */
  count: number;
  /** `bytes/digest` of each whole body. */
  readonly bodies: string[];
  /** Whole good answers handed to the kernel. */
  answered: number;
  /** Answered as a failure. */
  failed: number;
}

export class Journal {
  readonly entries: ReadonlyMap<string, Entry>;

  constructor(text: string) {
    const entries = new Map<string, Entry>();
    for (const line of text.split('\n')) {
      const [mark, id = '', rest = ''] = line.split(' ');
      if (mark === '+' && !entries.has(id))
        entries.set(id, { method: rest, count: 0, bodies: [], answered: 0, failed: 0 });
      const entry = entries.get(id);
      if (entry === undefined) continue;
      if (mark === '+') entry.count += 1;
      else if (mark === '=') entry.bodies.push(rest);
      else if (mark === '-') entry.answered += 1;
      else if (mark === '!') entry.failed += 1;
    }
    this.entries = entries;
  }

  /** Requests that came, each as often as it did. */
  get received(): number {
    return this.#sum((entry) => entry.count);
  }

  get answered(): number {
    return this.#sum((entry) => entry.answered);
  }

  get failed(): number {
    return this.#sum((entry) => entry.failed);
  }

  #sum(of: (entry: Entry) => number): number {
    let sum = 0;
    for (const entry of this.entries.values()) sum += of(entry);
    return sum;
  }
}

/** How often each request came to any of the backends. */
export function timesReceived(journals: readonly Journal[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { entries } of journals) {
    for (const [id, { count }] of entries) times.set(id, (times.get(id) ?? 0) + count);
  }
  return times;
}
