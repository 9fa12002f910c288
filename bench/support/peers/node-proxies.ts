import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PEER_MODULES } from '../places.ts';
import type { Peer } from './peer.ts';

/** The two proxies from npm, on the Node that runs this benchmark. */
export const httpProxy3 = nodeProxy('http-proxy-3', 'run-http-proxy-3.ts');
export const fastProxy = nodeProxy('fast-proxy', 'run-fast-proxy.ts');

function nodeProxy(name: string, script: string): Peer {
  return {
    id: name,
    title: name,
    full: false,
    prepare: (task) => {
      if (!existsSync(join(PEER_MODULES, name))) throw new Error(`${name} is not installed: run bench/setup`);
      return {
        file: process.execPath,
        args: [join(import.meta.dirname, script), String(task.port), task.backends[0]!],
        env: { NODE_ENV: 'production', BENCH_PEER_MODULES: PEER_MODULES },
      };
    },
  };
}
