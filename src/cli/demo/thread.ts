/** The demo's own thread: its backends, and the traffic. It ends with the process, whatever ends that. */
import { parentPort } from 'node:worker_threads';
import { CHARACTERS, startBackend } from './backends.ts';
import { startTraffic } from './traffic.ts';

export type ToDemo = { readonly type: 'traffic'; readonly port: number } | { readonly type: 'quiet' };
/** Ports of the backends, by id. */
export type FromDemo = Readonly<Record<string, number>>;

let quiet = (): void => {};
parentPort?.on('message', (message: ToDemo) => {
  quiet();
  quiet = message.type === 'traffic' ? startTraffic(message.port) : () => {};
});
const ports: [string, number][] = [];
for (const character of CHARACTERS) ports.push([character.id, await startBackend(character)]);
parentPort?.postMessage(Object.fromEntries(ports) satisfies FromDemo);
