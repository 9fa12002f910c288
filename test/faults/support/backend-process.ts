/**
 * A backend as a process of its own, so that it can be killed, stopped and started again: what the test's own process cannot
 * do to itself. Told what to do over IPC; what it received is read from its journal, which outlives it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../../../bench/support/ports.ts';
import { until } from '../../support/until.ts';
import type { Behaviour, Command, Told } from './behaviour.ts';
import { Journal } from './journal.ts';

const CHILD = join(import.meta.dirname, 'backend-child.ts');
const START_MS = 15_000;
const PORT_TRIES = 5;
/** More connections than any backlog of 1 takes. */
const FILLERS_MAX = 64;
/** A connection that has not come about on loopback by then waits for its backlog. */
const CONNECTED_MS = 250;

type Without<T> = T extends unknown ? Omit<T, 'seq'> : never;

export class BackendProcess {
  readonly id: string;
  readonly port: number;
  readonly #journalFile: string;
  #child: ChildProcess;
  #seq = 0;
  #fillers: Socket[] = [];

  private constructor(id: string, port: number, journalFile: string, child: ChildProcess) {
    this.id = id;
    this.port = port;
    this.#journalFile = journalFile;
    this.#child = child;
  }

  /** Killed when the test is over. */
  static async start(
    t: Pick<TestContext, 'after'>,
    id: string,
    behaviour?: Partial<Behaviour>,
  ): Promise<BackendProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'eb-backend-'));
    const journalFile = join(folder, 'journal');
    closeSync(openSync(journalFile, 'a'));
    for (let tries = 1; ; tries++) {
      // Not port 0: the same port is listened at again, which an outgoing connection could have taken by then.
      const port = await freePort();
      const child = await launch(id, port, journalFile);
      if (child === null) {
        if (tries === PORT_TRIES) throw new Error(`no port for backend ${id}`);
        continue;
      }
      const backend = new BackendProcess(id, port, journalFile, child);
      t.after(async () => {
        await backend.kill();
        rmSync(folder, { recursive: true, force: true });
      });
      if (behaviour !== undefined) await backend.set(behaviour);
      return backend;
    }
  }

  /** Several of them, named a, b, c, … */
  static many(t: Pick<TestContext, 'after'>, count: number, behaviour?: Partial<Behaviour>): Promise<BackendProcess[]> {
    const ids = Array.from({ length: count }, (_, at) => String.fromCharCode(97 + at));
    return Promise.all(ids.map((id) => BackendProcess.start(t, id, behaviour)));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it received and answered so far, in all its lives. */
  get journal(): Journal {
    return new Journal(readFileSync(this.#journalFile, 'latin1'));
  }

  set(behaviour: Partial<Behaviour>): Promise<void> {
    return this.#tell({ set: behaviour });
  }

  /** Answers what is held. */
  release(): Promise<void> {
    return this.#tell({ release: true });
  }

  /** Connections are reset and refused until `listen`. */
  refuse(): Promise<void> {
    return this.#tell({ refuse: true });
  }

  listen(backlog = 511): Promise<void> {
    return this.#tell({ listen: { backlog } });
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    for (const socket of this.#fillers.splice(0)) socket.destroy();
    if (!this.alive) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** A new life at the same port, behaving as usual. */
  async restart(): Promise<void> {
    await this.kill();
    const child = await until('the port to be free', () => launch(this.id, this.port, this.#journalFile));
    this.#child = child;
  }

  /** SIGSTOP: connections still come about, in the kernel, but nothing is read. */
  async pause(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    await until('it to stop', () => stateOf(this.pid) === 'T');
  }

  /** SIGCONT. */
  async resume(): Promise<void> {
    process.kill(this.pid, 'SIGCONT');
    await until('it to go on', () => stateOf(this.pid) !== 'T');
    for (const socket of this.#fillers.splice(0)) socket.destroy();
  }

  /** Stops with a full backlog: connecting takes for ever, until `resume`. */
  async stopAccepting(): Promise<void> {
    await this.refuse();
    await this.listen(1);
    await this.pause();
    while (await this.#takesOneMore()) {
      if (this.#fillers.length === FILLERS_MAX) throw new Error('the backlog never filled up');
    }
  }

  /** Readiness ends, and every answer asks for the end of its connection: as an orderly server leaves. */
  drain(): Promise<void> {
    return this.set({ healthy: false, closing: true });
  }

  /** Ends unused connections, finishes what runs, exits. */
  async leave(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    await this.#tell({ leave: true });
    await gone;
  }

  #takesOneMore(): Promise<boolean> {
    const socket = createConnection({ host: '127.0.0.1', port: this.port });
    socket.on('error', () => {});
    this.#fillers.push(socket);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), CONNECTED_MS);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  #tell(command: Without<Command>): Promise<void> {
    const seq = ++this.#seq;
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`backend ${this.id} ended before it did as it was told`));
      const heard = (told: Told) => {
        if (!('done' in told) || told.done !== seq) return;
        child.off('message', heard);
        child.off('exit', ended);
        resolve();
      };
      child.on('message', heard);
      child.once('exit', ended);
      child.send({ ...command, seq });
    });
  }
}

/** Starts the process; null when its port is taken. */
function launch(id: string, port: number, journalFile: string): Promise<ChildProcess | null> {
  const child = spawn(process.execPath, [CHILD, id, String(port), journalFile], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  // A stopped process does not see that its parent has gone.
  const orphaned = () => child.kill('SIGKILL');
  process.once('exit', orphaned);
  child.once('exit', () => process.off('exit', orphaned));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`backend ${id} did not start`)), START_MS);
    child.once('exit', (code) => reject(new Error(`backend ${id} ended with ${code}`)));
    child.once('message', (told: Told) => {
      clearTimeout(timer);
      if ('listening' in told) resolve(child);
      else {
        child.kill('SIGKILL');
        resolve(null);
      }
    });
  });
}

/** A process's state as the kernel names it, such as T for stopped. */
function stateOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0);
}
