/** Backends: how they are, and adding, changing and removing them while traffic runs. */
import { z } from 'zod';
import { backendsReport } from '#observe/backends-report.ts';
import { addBackend, overrideBackend, patchBackend, removeBackend } from '../config/edits.ts';
import { Refused } from '../config/refused.ts';
import { json } from './answer.ts';
import { backendsAnswer } from './answers.ts';
import { changeAnswer } from './answers-control.ts';
import { call, repeated, type AnyCall, type Asked } from './call.ts';
import { CHANGE_GIVES, makeChange, refuseOwnAddress } from './change.ts';
import { backendId, backendState, backendUrl, changeQuery, poolName } from './fields.ts';

const weight = z.number().meta({ description: 'Share among the backends of its tier' });
const tier = z.int().min(0).max(100).meta({ description: 'Lower tiers serve first' });

const params = z.strictObject({ pool: poolName, id: backendId });

const newBackend = z.strictObject({
  pool: poolName,
  id: backendId.exactOptional(),
  url: backendUrl,
  weight: weight.exactOptional(),
  tier: tier.exactOptional(),
  state: backendState.exactOptional(),
});

const backendChange = z
  .strictObject({
    weight: weight.exactOptional(),
    state: backendState.exactOptional(),
    tier: tier.exactOptional(),
    url: backendUrl.exactOptional(),
  })
  .refine((change) => Object.keys(change).length > 0, {
    error: 'nothing to change: give `weight`, `state`, `tier` or `url`',
  });

export const BACKEND_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/backends',
    id: 'getBackends',
    tag: 'Backends',
    summary: 'Every pool with its backends: state, load, latency, last probe',
    access: 'read',
    perReplica: true,
    gives: { 200: { says: 'The backends by pool', schema: backendsAnswer } },
    run: (asked) => repeated(asked, 'backends', () => json(backendsReport(asked.api.ports.view.observed()))),
  }),
  call({
    method: 'POST',
    path: '/admin/backends',
    id: 'addBackend',
    tag: 'Backends',
    summary: 'Adds a backend to a pool',
    access: 'operate',
    versioned: true,
    query: changeQuery,
    body: newBackend,
    gives: CHANGE_GIVES,
    run: (asked) => {
      const { pool, ...backend } = asked.body;
      refuseOwnAddress(asked, backend.url, 'url');
      return makeChange(asked, {
        summary: `backend ${backend.id ?? backend.url} added to ${pool}`,
        edit: (document) => void addBackend(document, pool, backend),
      });
    },
  }),
  call({
    method: 'PATCH',
    path: '/admin/backends/:pool/:id',
    id: 'changeBackend',
    tag: 'Backends',
    summary: "Sets a backend's weight, tier or URL; drains it, puts it in maintenance, brings it back",
    access: 'operate',
    versioned: true,
    params,
    query: changeQuery,
    body: backendChange,
    gives: { ...CHANGE_GIVES, 200: { says: 'Done, or what would be done', schema: changeAnswer } },
    run: (asked) => {
      const { pool, id } = asked.params;
      refuseOwnAddress(asked, asked.body.url, 'url');
      const what = Object.entries(asked.body).map(([key, value]) => `${key} ${value}`);
      return makeChange(asked, {
        summary: `backend ${pool}/${id}: ${what.join(', ')}`,
        edit: (document) =>
          void (isDiscovered(asked, pool, id) ? overrideBackend : patchBackend)(document, pool, id, asked.body),
      });
    },
  }),
  call({
    method: 'DELETE',
    path: '/admin/backends/:pool/:id',
    id: 'removeBackend',
    tag: 'Backends',
    summary: 'Removes a backend. It gets nothing new, and what it has begun ends',
    access: 'operate',
    versioned: true,
    params,
    query: changeQuery,
    gives: CHANGE_GIVES,
    run: (asked) => {
      const { pool, id } = asked.params;
      return makeChange(asked, {
        summary: `backend ${id} removed from ${pool}`,
        edit: (document) => {
          if (isDiscovered(asked, pool, id))
            throw new Refused(409, `\`${id}\` of pool \`${pool}\` was found by \`discovery\`, and would be found again; set \`state: maintenance\` to take it out.`); // prettier-ignore
          removeBackend(document, pool, id);
        },
      });
    },
  }),
];

/** Whether a backend is in a pool for it was found, and not for it is listed. */
function isDiscovered({ api }: Asked, pool: string, id: string): boolean {
  const { plan } = api.ports.view.observed();
  const found = plan.pools.find(({ name }) => name === pool)?.backends.find((backend) => backend.id === id);
  return found?.discovered === true;
}
