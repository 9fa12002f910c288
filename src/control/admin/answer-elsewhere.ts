/** What this replica answers when another one asks for somebody that it has let in: calls that tell of one replica, no others. */
import { NOBODY, type Arrival } from '../auth/caller.ts';
import type { ReplicaQuestion, ReplicaReply } from '../shared/replica-mail.ts';
import type { Api } from './call.ts';
import { askWithin } from './within.ts';

export function answerElsewhere(api: Api, { path, query, asker }: ReplicaQuestion): Promise<ReplicaReply> {
  const address = asker?.from ?? 'unknown';
  const arrival: Arrival = { by: 'own', address, network: address, secure: false, hosts: [] };
  const caller = asker === null ? NOBODY : { actor: asker, how: 'token' as const, tokenHash: null, endsMs: null };
  const asked = {
    params: undefined,
    query: undefined,
    body: undefined,
    caller,
    arrival,
    headers: {},
    api,
    hereOnly: true,
  };
  return askWithin({ ...asked, given: { path, query } }, { method: 'GET', path, query }, ({ perReplica }) => perReplica === true); // prettier-ignore
}
