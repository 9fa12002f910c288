/** How much memory this process may have: what its control group allows, but no more than the machine has. */
import { totalmem } from 'node:os';

/** Bytes. */
export function usableMemoryBytes(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
