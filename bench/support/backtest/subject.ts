import { randomBytes } from 'node:crypto';
import type { SimulateAnswer } from '../../../src/contract/simulate.ts';
import { askAdmin } from '../admin-load.ts';
import { edgeBalancer } from '../peers/edgebalancer.ts';
import { startTarget, type Target } from '../target.ts';

/** An EdgeBalancer that is recorded, asked what another strategy would do, and switched to it. */
export interface Subject {
  readonly target: Target;
  /** What it predicts for each strategy, out of what it has recorded; `now` for the one in force. */
  readonly predict: (strategies: readonly string[]) => Promise<SimulateAnswer>;
  readonly use: (strategy: string) => Promise<void>;
}

const SEEDS = 8;
const COUNTED_S = 60;

export async function startSubject(strategy: string, backends: readonly string[]): Promise<Subject> {
  const adminToken = `eb_${randomBytes(32).toString('base64url')}`;
  const peer = edgeBalancer({ id: `backtest-${strategy}`, title: 'EdgeBalancer', strategy, adminToken });
  let adminPort = 0;
  const target = await startTarget(
    {
      ...peer,
      prepare: (task) => {
        adminPort = task.adminPort;
        return peer.prepare(task);
      },
    },
    { backends, core: null },
  );
  const ask = async (method: string, path: string, body: object): Promise<string> => {
    const { status, text } = await askAdmin(adminPort, method, path, adminToken, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };
  return {
    target,
    predict: async (strategies) => {
      const compare = strategies.map((name) => ({ name, changes: [{ kind: 'strategy', name }] }));
      // A request takes as long wherever it goes: that is how these backends draw their work.
      const assume = { slownessOf: 'request' };
      const body = { pool: 'app', compare, seeds: SEEDS, seconds: COUNTED_S, assume };
      return JSON.parse(await ask('POST', '/admin/simulate', body)) as SimulateAnswer;
    },
    use: async (name) => void (await ask('PUT', '/admin/strategy', { pool: 'app', strategy: name })),
  };
}
