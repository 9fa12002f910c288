/**
 * Threads that interrupt each other, in one thread and repeatably: before any atomic operation of one worker's step, another
 * worker may take a whole step of its own. Real threads find such orders by luck; these are drawn from a seed.
 */
const OPERATIONS = ['load', 'store', 'add', 'sub', 'compareExchange'] as const;
/** A step that interrupts may itself be interrupted so often. */
const DEPTH_MAX = 3;

export interface Preemption {
  readonly random: () => number;
  /** How likely an interruption is before each atomic operation. */
  readonly share: number;
  /** Takes a step of some worker that is not in the middle of one. */
  readonly step: () => void;
  /** Workers in the middle of a step: those that interrupt last. Kept by `step`. */
  readonly busy: readonly number[];
}

/** Runs `body` with atomic operations that may be interrupted. */
export function withPreemption({ random, share, step, busy }: Preemption, body: () => void): void {
  const originals = OPERATIONS.map((name) => [name, Object.getOwnPropertyDescriptor(Atomics, name)!] as const);
  for (const [name, descriptor] of originals) {
    const original = descriptor.value as (...args: readonly unknown[]) => unknown;
    const value = (...args: readonly unknown[]): unknown => {
      if (busy.length > 0 && busy.length < DEPTH_MAX && random() < share) step();
      return original.apply(Atomics, [...args]);
    };
    Object.defineProperty(Atomics, name, { ...descriptor, value });
  }
  try {
    body();
  } finally {
    for (const [name, descriptor] of originals) Object.defineProperty(Atomics, name, descriptor);
  }
}
