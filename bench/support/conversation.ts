import { once } from 'node:events';
import { logTail, type Child } from './children.ts';

/** Sends a child a message and waits for its answer; throws, with the end of its log, when it ends instead. */
export async function converse(child: Child, message: object): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child.process, 'exit', { signal }).then(() => {
    throw new Error(`a process of the benchmark ended:\n${logTail(child)}`);
  });
  ended.catch(() => {});
  child.process.send(message);
  const [answer] = (await Promise.race([once(child.process, 'message', { signal }), ended])) as [unknown];
  over.abort();
  return answer;
}
