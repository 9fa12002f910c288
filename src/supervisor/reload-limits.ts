/**
 * What a reload cannot change. Closing a worker's listener loses the connections that the kernel has queued on it, so
 * listeners stay open from start to end, and workers are added but never taken away.
 */
import type { ListenerPlan, Plan } from '#core/plan.ts';
import { addressText } from './address-text.ts';

/** Why `next` cannot replace `now` without a restart, as a sentence; null when it can. */
export function refusal(now: Plan, next: Plan, workersMax: number): string | null {
  const before = new Map(now.listeners.map((listener) => [listener.name, listener]));
  for (const listener of next.listeners) {
    const old = before.get(listener.name);
    if (old === undefined)
      return `Listener "${listener.name}" is new: restart to open ${addressText(listener.address)}.`;
    if (!sameAddress(old, listener)) {
      return `Listener "${listener.name}" would move from ${addressText(old.address)} to ${addressText(listener.address)}: restart for that.`;
    }
    before.delete(listener.name);
  }
  const [gone] = before.values();
  if (gone !== undefined) return `Listener "${gone.name}" is gone from the configuration: restart to close it.`;
  if (next.engine !== now.engine) return `engine would change from ${now.engine} to ${next.engine}: restart for that.`;
  if (next.workers < now.workers) {
    return `workers would shrink from ${now.workers} to ${next.workers}: restart for that, since a worker that closes loses connections not yet accepted.`;
  }
  if (next.workers > workersMax)
    return `workers would grow to ${next.workers}, and there is room for ${workersMax}: restart for that.`;
  return null;
}

function sameAddress(a: ListenerPlan, b: ListenerPlan): boolean {
  return addressText(a.address) === addressText(b.address);
}
