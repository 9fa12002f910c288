/** EdgeBalancer as its users run it: `edgebalancer run FILE` in a process of its own, on ports that the system chooses. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENTRY = join(import.meta.dirname, '../../bin/edgebalancer.js');
const READY_MS = 15_000;

/** An operator's. Without one, the first start would print one of its own among what tests read. */
export const BALANCER_TOKEN = 'eb_of-the-balancer-in-tests-0123456789';

export interface BalancerOptions {
  /** What is written to the file; one worker, one listener on port 0 and no access log unless it says otherwise. */
  readonly config: Readonly<Record<string, unknown>> & {
    readonly listeners?: unknown[];
    readonly log?: object;
    readonly rateLimits?: object;
  };
  readonly env?: Readonly<Record<string, string>>;
}

export class Balancer {
  /** The port of each listener, by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** The configuration's file: write it anew, then `reload`. */
  readonly file: string;
  readonly #child: ChildProcess;
  readonly #output: { text: string };

  private constructor(child: ChildProcess, file: string, ports: Record<string, number>, output: { text: string }) {
    this.#child = child;
    this.file = file;
    this.ports = ports;
    this.#output = output;
  }

  static async start(options: BalancerOptions): Promise<Balancer> {
    const folder = mkdtempSync(join(tmpdir(), 'edgebalancer-test-'));
    const file = join(folder, 'edgebalancer.json');
    const config = withDefaults(options.config);
    writeFileSync(file, JSON.stringify(config));
    const env = { ...process.env, EDGEBALANCER_ADMIN_TOKEN: BALANCER_TOKEN, ...options.env };
    const child = spawn(process.execPath, [ENTRY, 'run', file], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const killed = () => child.kill('SIGKILL');
    process.once('exit', killed);
    child.once('exit', () => {
      process.off('exit', killed);
      rmSync(folder, { recursive: true, force: true });
    });
    const output = { text: '' };
    const ports = await untilListening(child, output, config.listeners.length);
    return new Balancer(child, file, ports, output);
  }

  /** The first listener's port. */
  get port(): number {
    return Object.values(this.ports)[0] ?? 0;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has printed so far, both streams. */
  get output(): string {
    return this.#output.text;
  }

  /** Reads nothing more of what it prints, so that its pipe fills up, until `listen`. */
  ignore(): void {
    this.#child.stdout?.pause();
  }

  listen(): void {
    this.#child.stdout?.resume();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Its exit code, null when a signal ended it. */
  exited(): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    return new Promise((resolve) => child.once('exit', resolve));
  }

  /** Ends it at once, whatever it is doing. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited();
  }
}

function withDefaults(config: BalancerOptions['config']): BalancerOptions['config'] & { listeners: unknown[] } {
  return {
    workers: 1,
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    state: { dir: null },
    admin: { address: '127.0.0.1:0', publicRead: true },
    ...config,
    log: { access: null, ...config.log },
    // Tests ask more often than the built-in limit allows.
    rateLimits: { 'per-client': null, ...config.rateLimits },
  };
}

/** Reads the log until it names `wanted` listeners; fails with what was printed. */
function untilListening(
  child: ChildProcess,
  output: { text: string },
  wanted: number,
): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    const ports: Record<string, number> = {};
    let rest = '';
    const fail = (what: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`edgebalancer ${what}:\n${output.text}`));
    };
    const timer = setTimeout(() => fail(`did not listen within ${READY_MS} ms`), READY_MS);
    const ended = (code: number | null, signal: string | null) => fail(`ended (${code ?? signal})`);
    child.once('exit', ended);
    child.stderr?.on('data', (chunk) => (output.text += String(chunk)));
    child.stdout?.on('data', (chunk) => {
      output.text += String(chunk);
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) notePort(line, ports);
      if (Object.keys(ports).length < wanted) return;
      clearTimeout(timer);
      child.off('exit', ended);
      resolve(ports);
    });
  });
}

/** The supervisor's log has one line a listener: `{ "msg": "listening", "listener": NAME, "address": HOST:PORT }`. */
function notePort(line: string, ports: Record<string, number>): void {
  if (!line.includes('"listening"')) return;
  const { listener, address } = JSON.parse(line) as { listener?: string; address?: string };
  const port = Number(/:(\d+)$/.exec(address ?? '')?.[1] ?? 0);
  if (port > 0 && listener !== undefined) ports[listener] = port;
}
