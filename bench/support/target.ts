import { startChild, type Child } from './children.ts';
import type { Peer, TlsFiles } from './peers/peer.ts';
import { makeDirectory } from './places.ts';
import { freePorts } from './ports.ts';
import { awaitAnswer } from './probe.ts';

/** A running proxy under measurement. */
export interface Target {
  readonly peer: Peer;
  readonly id: string;
  readonly title: string;
  readonly port: number;
  /** `http://127.0.0.1:port/proxy/` */
  readonly url: string;
  readonly child: Child;
  readonly stop: () => Promise<void>;
}

export interface TargetOptions {
  readonly backends: readonly string[];
  readonly core: number | null;
  readonly workers?: number;
  readonly connectionsMax?: number;
  readonly tls?: TlsFiles;
}

let started = 0;

/** Starts a proxy and waits for its first proxied answer. */
export async function startTarget(peer: Peer, options: TargetOptions): Promise<Target> {
  const [port, adminPort] = (await freePorts(2)) as [number, number];
  const directory = makeDirectory(`${peer.id}-${++started}`);
  const command = peer.prepare({
    directory,
    port,
    adminPort,
    backends: options.backends,
    workers: options.workers ?? 1,
    connectionsMax: options.connectionsMax ?? 1024,
    tls: options.tls,
  });
  const secure = options.tls !== undefined;
  const child = startChild(command, directory, options.core);
  try {
    await awaitAnswer({ host: '127.0.0.1', port, path: '/proxy/', child, what: peer.title, secure });
  } catch (error) {
    await child.kill();
    throw error;
  }
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}/proxy/`;
  return { peer, id: peer.id, title: peer.title, port, url, child, stop: () => child.kill() };
}

/** Starts those that will; the others are reported, and left out: one peer that is missing must not cost the others' figures. */
export async function startTargets(
  peers: readonly Peer[],
  options: TargetOptions,
): Promise<{ targets: Target[]; missing: string[] }> {
  const targets: Target[] = [];
  const missing: string[] = [];
  for (const peer of peers) {
    try {
      targets.push(await startTarget(peer, options));
    } catch (error) {
      const reason = (error as Error).message;
      console.error(`left out: ${peer.title}: ${reason}`);
      missing.push(`${peer.title}: ${reason.split('\n')[0]}`);
    }
  }
  return { targets, missing };
}
