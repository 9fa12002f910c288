/** A recommended change as a call that can be tried (`dryRun`) and made. */
import type { ChangeAnswer } from '#contract/control.ts';
import type { ProposedChange } from '#contract/copilot.ts';
import { proposedCall, putConfig, type ChangeOptions } from '../../data/changes.ts';
import { send } from '../../data/client.ts';
import { Fault } from '../../data/fault.ts';
import { Gone, withSettings } from './proposal-settings.ts';

/**
 * Settings go into the configuration as it is in force: what was read for the first of a prediction and its change is what the
 * change is made for. Secrets come hidden and go back hidden: the server keeps them.
 */
export async function makeProposal(change: ProposedChange, options: ChangeOptions): Promise<ChangeAnswer> {
  if (change.kind === 'call') return proposedCall(change, options);
  const answer = await send('GET', 'admin/config');
  const { config } = (await answer.json()) as { config: unknown };
  const etag = answer.headers.get('etag');
  const ifMatch = options.ifMatch ?? etag;
  return putConfig(settled(config, change.set), { ...options, ...(ifMatch !== null && { ifMatch }) });
}

function settled(config: unknown, set: Extract<ProposedChange, { kind: 'set' }>['set']): unknown {
  try {
    return withSettings(config, set);
  } catch (thrown) {
    if (!(thrown instanceof Gone)) throw thrown;
    throw new Fault('outdated', 0, 'It is no longer there', thrown.message);
  }
}

/** As lines for a reader. */
export function proposalLines(change: ProposedChange): readonly string[] {
  if (change.kind === 'call') return [`${change.method} ${change.path} ${JSON.stringify(change.body)}`];
  return change.set.map(({ path, value }) => `${path.join('.')}: ${JSON.stringify(value)}`);
}
