/** The dashboard's pages, and what they load. They hold no data: they ask for it like everyone else. */
import { z } from 'zod';
import { PAGES } from '#contract/pages.ts';
import { DASHBOARD } from '../dashboard/dashboard.ts';
import { call, type AnyCall } from './call.ts';
import { problemGiven } from './fields.ts';

const ASSET_TYPES = ['text/javascript', 'text/css', 'image/svg+xml'];
const unchanged = { says: 'The one that If-None-Match names', schema: null };

const pages = PAGES.map(({ path, title }) =>
  call({
    method: 'GET',
    path: `/${path}`,
    id: path === '' ? 'getPage' : `getPage_${path}`,
    tag: 'Pages',
    summary: path === '' ? 'The dashboard' : `The dashboard, open at ${title}`,
    access: 'open',
    // Pool, range and filters: the page's own business.
    query: z.record(z.string(), z.unknown()),
    gives: { 200: { says: 'A page without data', schema: z.string(), types: ['text/html'] }, 304: unchanged },
    run: ({ headers }) => DASHBOARD.page(headers),
  }),
);

export const PAGE_CALLS: readonly AnyCall[] = [
  ...pages,
  call({
    method: 'GET',
    path: '/assets/:file',
    id: 'getAsset',
    tag: 'Pages',
    summary: 'What the pages load',
    access: 'open',
    params: z.object({ file: z.string().min(1).max(200).meta({ description: "A file's name" }) }),
    gives: {
      200: { says: 'The file', schema: z.string(), types: ASSET_TYPES },
      304: unchanged,
      404: problemGiven('There is no such file in the build that is served'),
    },
    run: ({ params, headers }) => DASHBOARD.asset(params.file, headers),
  }),
];
