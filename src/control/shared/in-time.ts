/** Work that is not waited for longer than so long: the store may neither answer nor fail. */
import type { Cancel, Timers } from '#core/ports.ts';

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Rejects with `NoAnswer` after `ms`; what the work does then is nobody's concern. */
export async function inTime<T>(work: Promise<T>, timers: Timers, ms: number): Promise<T> {
  let cancel: Cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = timers.after(ms, () => reject(new NoAnswer()));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
