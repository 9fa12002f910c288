/** What an edit of the configuration throws to say no, as the result that it is. */
import type { ChangeResult } from '../admin/ports.ts';
import { Invalid } from '../config/invalid.ts';
import { Refused } from '../config/refused.ts';

/** Null when it throws nothing. */
export function thrownBy(work: () => void): ChangeResult | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', status: error.status, why: error.message };
    if (error instanceof Invalid) return { kind: 'invalid', problems: error.problems };
    throw error;
  }
}
