/** The replicas that share state, whichever of them is asked. */
import { json } from './answer.ts';
import { replicasAnswer } from './answers-replicas.ts';
import { call, type AnyCall } from './call.ts';

export const REPLICA_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/replicas',
    id: 'getReplicas',
    tag: 'Overview',
    summary: 'The replicas that share state: load and state of each, all together, and what any of them keeps out',
    access: 'read',
    gives: { 200: { says: 'The replicas; this one alone where nothing is shared', schema: replicasAnswer } },
    run: ({ api }) => json(api.ports.replicas.list()),
  }),
];
