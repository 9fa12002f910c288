/** A cluster of three nodes of Debian's redis-server, each with a third of the slots and no replica. */
import { Redis, type RedisOptions } from './redis.ts';
import { until } from './until.ts';

const SLOTS = 16_384;
const NODES = 3;

export class RedisCluster {
  readonly nodes: readonly Redis[];

  private constructor(nodes: readonly Redis[]) {
    this.nodes = nodes;
  }

  static async start(options: Pick<RedisOptions, 'certificate'> = {}): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: NODES }, () => Redis.start({ ...options, clusterNode: true })),
    );
    const [first] = nodes as [Redis, ...Redis[]];
    for (const [at, node] of nodes.entries()) {
      const [from, to] = [at, at + 1].map((third) => Math.floor((third * SLOTS) / NODES)) as [number, number];
      await node.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to - 1));
      if (node !== first) await node.command('CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(first.busPort));
    }
    const cluster = new RedisCluster(nodes);
    await until('every node knows of all slots', async () => {
      const infos = await Promise.all(nodes.map((node) => node.command('CLUSTER', 'INFO')));
      return infos.every((info) => /cluster_state:ok/.test(String(info)) && /cluster_known_nodes:3/.test(String(info)));
    });
    return cluster;
  }

  /** The node that holds a key, and one that does not. */
  async nodesOf(key: string): Promise<{ readonly owner: Redis; readonly other: Redis }> {
    const [first] = this.nodes as [Redis, ...Redis[]];
    const slot = Number(await first.command('CLUSTER', 'KEYSLOT', key));
    const at = this.nodes.findIndex((_, third) => slot < Math.floor(((third + 1) * SLOTS) / NODES));
    return { owner: this.nodes[at] as Redis, other: this.nodes[(at + 1) % NODES] as Redis };
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
