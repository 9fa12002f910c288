/** How far a long simulation is, on one line of the terminal. */
import type { WhatIfProgress } from '#simulator/what-if.ts';

const WIDTH = 30;
const BEGIN = '\r\u001b[K';

/** Null: it is over, and the line is wiped. */
export function bar(progress: WhatIfProgress | null): string {
  if (progress === null) return BEGIN;
  const { done, of } = progress;
  const filled = Math.round((done / of) * WIDTH);
  return `${BEGIN}simulating [${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${done} of ${of} runs`;
}
