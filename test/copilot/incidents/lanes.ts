/** Scenes side by side: each lane has backends of its own, and plays one scene after another. */
import { openLane, play, type Scene, type Staged } from './stage.ts';

/** Scenes mostly wait. More lanes than this get in each other's way on a machine of two cores. */
const LANES = 3;

export async function playAll(scenes: readonly Scene[], onStaged: (staged: Staged) => void): Promise<Staged[]> {
  const ends: (() => unknown)[] = [];
  // Each backend process ends with this one.
  process.setMaxListeners(LANES * 8);
  const waiting = [...scenes];
  const staged: Staged[] = [];
  const lane = async (): Promise<void> => {
    const backends = await openLane({ after: (end) => void ends.push(end) });
    for (let scene = waiting.shift(); scene !== undefined; scene = waiting.shift()) {
      const one = await play(scene, backends);
      staged.push(one);
      onStaged(one);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(LANES, scenes.length) }, lane));
  } finally {
    for (const end of ends.reverse()) await end();
  }
  return staged;
}
