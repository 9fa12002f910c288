/** The status page. It holds no data: it asks for it like everyone else. */
import { z } from 'zod';
import { call, type AnyCall } from './call.ts';
import { statusPage } from './status-page.ts';

export const PAGE_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/',
    id: 'getPage',
    tag: 'Pages',
    summary: 'The status page',
    access: 'open',
    gives: { 200: { says: 'A page without data', schema: z.string(), types: ['text/html'] } },
    run: () => statusPage(),
  }),
];
