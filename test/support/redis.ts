/** Debian's redis-server in a process of its own: killed, paused and started anew at the same port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { freePort } from './free-port.ts';
import { whereIs } from './needs.ts';
import { until } from './until.ts';

export const REDIS_PASSWORD = 'of-the-tests';

export class Redis {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(): Promise<Redis> {
    const redis = new Redis(await freePort(), mkdtempSync(join(tmpdir(), 'redis-')));
    await redis.begin();
    return redis;
  }

  get url(): string {
    return `redis://:${REDIS_PASSWORD}@127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const more = ['--requirepass', REDIS_PASSWORD, '--dir', this.#folder];
    this.#child = spawn(whereIs('redis-server') ?? '', [...args, ...more], { stdio: 'ignore' });
    process.once('exit', () => this.#child?.kill('SIGKILL'));
    await until('redis-server answers', async () => {
      try {
        return (await this.command('PING')) === 'PONG';
      } catch {
        return false;
      }
    });
  }

  /** One command over a connection of its own. */
  async command(...words: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
