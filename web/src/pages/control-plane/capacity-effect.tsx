/**
 * How many backends of each pool serve now and would then. It needs no model and no server: whoever takes out the last one
 * must be told, whatever else can be predicted.
 */
import { Icon } from '../../components/icon.tsx';
import { ACTIONS, type ActionName } from './backend-action.ts';
import { backendRows, serves, type BackendRow } from './backend-rows.ts';

interface CapacityEffectProps {
  readonly action: ActionName;
  readonly rows: readonly BackendRow[];
  readonly weight: number;
}

/** Below this share of what serves now, the others feel it. */
const MUCH = 0.67;

export function CapacityEffect({ action, rows, weight }: CapacityEffectProps) {
  const keys = new Set(rows.map(({ key }) => key));
  const pools = [...new Set(rows.map(({ pool }) => pool))];
  return (
    <ul class="capacity-effect">
      {pools.map((pool) => {
        const all = backendRows.value.filter((row) => row.pool === pool);
        const now = all.filter(({ backend }) => serves(backend)).length;
        const then = all.filter((row) =>
          keys.has(row.key) ? servesThen(row, action, weight) : serves(row.backend),
        ).length;
        return (
          <li key={pool} class={then === 0 ? 'capacity-none' : then < now * MUCH ? 'capacity-few' : ''}>
            {then < now * MUCH && <Icon name="warning" />}
            <span>{sentence(pool, now, then, all.length - (action === 'remove' ? keysOf(all, keys) : 0))}</span>
          </li>
        );
      })}
    </ul>
  );
}

function servesThen({ backend }: BackendRow, action: ActionName, weight: number): boolean {
  if (action === 'weight') return serves({ ...backend, weight });
  return ACTIONS[action].serving === true && backend.circuit !== 'open' && backend.weight > 0;
}

function keysOf(rows: readonly BackendRow[], keys: ReadonlySet<string>): number {
  return rows.filter(({ key }) => keys.has(key)).length;
}

function sentence(pool: string, now: number, then: number, total: number): string {
  if (then === 0 && now === 0) return `No backend of ${pool} serves now, and none would.`;
  if (then === 0) return `None of ${pool} would be left to serve: its requests would be answered with 503.`;
  if (then === now) return `${pool}: ${now} of ${total} backends serve, as now.`;
  return `${pool}: ${then} of ${total} backends would serve, ${now} do now.`;
}
