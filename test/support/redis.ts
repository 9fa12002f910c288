/** Debian's redis-server in a process of its own: killed, paused and started anew at the same port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import type { Certificate } from './certificate.ts';
import { freePort } from './free-port.ts';
import { whereIs } from './needs.ts';
import { until } from './until.ts';

export const REDIS_PASSWORD = 'of-the-tests';

export interface RedisOptions {
  /** It speaks TLS, and nothing else. */
  readonly certificate?: Certificate;
  /** It is a node of a cluster: `RedisCluster` makes one of several. */
  readonly clusterNode?: boolean;
}

export class Redis {
  readonly port: number;
  readonly #folder: string;
  readonly #options: RedisOptions;
  #child: ChildProcess | null = null;
  #busPort: number | null = null;

  private constructor(port: number, folder: string, options: RedisOptions) {
    this.port = port;
    this.#options = options;
    this.#folder = folder;
  }

  static async start(options: RedisOptions = {}): Promise<Redis> {
    const redis = new Redis(await freePort(), mkdtempSync(join(tmpdir(), 'redis-')), options);
    await redis.begin();
    return redis;
  }

  get url(): string {
    const scheme = this.#options.certificate === undefined ? 'redis' : 'rediss';
    return `${scheme}://:${REDIS_PASSWORD}@127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    const { certificate, clusterNode = false } = this.#options;
    const port = String(this.port);
    const args = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--requirepass', REDIS_PASSWORD];
    if (certificate === undefined) args.push('--port', port);
    else {
      const { ca, cert, key } = certificate;
      args.push('--port', '0', '--tls-port', port, '--tls-auth-clients', 'no');
      if (clusterNode) args.push('--tls-cluster', 'yes');
      args.push('--tls-ca-cert-file', ca, '--tls-cert-file', cert, '--tls-key-file', key);
    }
    if (clusterNode)
      args.push('--cluster-enabled', 'yes', '--cluster-port', String((this.#busPort ??= await freePort())));
    args.push('--dir', this.#folder);
    this.#child = spawn(whereIs('redis-server') ?? '', args, { stdio: 'ignore' });
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
    const authority = this.#options.certificate?.authority;
    const client = createClient({
      url: this.url,
      socket: { reconnectStrategy: false, ...(authority !== undefined && { tls: true as const, ca: authority }) },
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.sendCommand(words);
    } finally {
      client.destroy();
    }
  }

  /** Of the cluster's own messages. */
  get busPort(): number {
    return this.#busPort ?? 0;
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
