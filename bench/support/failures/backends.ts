import { once } from 'node:events';
import { join } from 'node:path';
import { startChild, type Child } from '../children.ts';
import { makeDirectory } from '../places.ts';
import { freePorts } from '../ports.ts';
import { awaitAnswer } from '../probe.ts';

const SCRIPT = join(import.meta.dirname, 'backend-process.ts');

/** A backend that is a process, with what may happen to one. */
export class Backend {
  readonly #port: number;
  #child: Child;

  private constructor(port: number) {
    this.#port = port;
    this.#child = launch(port);
  }

  static async several(count: number): Promise<Backend[]> {
    const backends = (await freePorts(count)).map((port) => new Backend(port));
    for (const backend of backends) await backend.#ready();
    return backends;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void> {
    return this.#child.kill();
  }

  /** SIGSTOP: the kernel still takes connections for it, and nobody reads them. */
  stop(): void {
    process.kill(this.#child.pid, 'SIGSTOP');
  }

  continue(): void {
    process.kill(this.#child.pid, 'SIGCONT');
  }

  async drain(): Promise<void> {
    this.#child.process.send('drain');
    await once(this.#child.process, 'message');
  }

  /** Ends in order; resolves when it is gone. */
  async leave(): Promise<void> {
    const gone = once(this.#child.process, 'exit');
    this.#child.process.send('leave');
    await gone;
  }

  /** A new life at the same port. */
  async start(): Promise<void> {
    this.#child = launch(this.#port);
    await this.#ready();
  }

  #ready(): Promise<void> {
    return awaitAnswer({
      host: '127.0.0.1',
      port: this.#port,
      path: '/healthz',
      child: this.#child,
      what: 'a backend',
    });
  }
}

function launch(port: number): Child {
  const command = { file: process.execPath, args: [SCRIPT, String(port)] };
  return startChild(command, makeDirectory(`backend-${port}`), null, true);
}
