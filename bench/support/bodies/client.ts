import { BodyConnection } from './body-connection.ts';
import type { BodyOrder, BodyResult } from './kinds.ts';

// The client of `bodies`, a process of its own, so that its work is not the proxy's.

/** For one body. */
const LIMIT_MS = 20_000;
/** After so many bodies that did not come through, the rest of the order is left. */
const PROBLEMS_MAX = 3;

process.on('message', (order: BodyOrder) => void move(order).then((result) => process.send!(result)));
process.on('disconnect', () => process.exit(0));

async function move({ kind, port }: BodyOrder): Promise<BodyResult> {
  const begunMs = performance.now();
  const problems: string[] = [];
  let moved = 0;
  let left = kind.count;
  const lane = async () => {
    let connection = new BodyConnection(port);
    while (left > 0 && problems.length < PROBLEMS_MAX) {
      left--;
      const limit = AbortSignal.timeout(LIMIT_MS);
      const expired = new Promise<string>((resolve) =>
        limit.addEventListener('abort', () => resolve('no answer in time')),
      );
      const problem = await Promise.race([connection.move(kind), expired]);
      if (problem === '') {
        moved++;
        continue;
      }
      problems.push(problem);
      connection.destroy();
      connection = new BodyConnection(port);
    }
    connection.destroy();
  };
  await Promise.all(Array.from({ length: kind.connections }, lane));
  return { seconds: (performance.now() - begunMs) / 1000, bodies: moved, problems };
}
