/** The description of this API: the OpenAPI document, and a page to read it. */
import { z } from 'zod';
import { text } from './answer.ts';
import { call, type AnyCall, type Api } from './call.ts';
import { docsPage, docsScript } from './docs-page.ts';
import { describeCalls } from './openapi.ts';

/** Made once, when it is first asked for. */
const documents = new WeakMap<Api, Promise<string>>();

function documentOf(api: Api): Promise<string> {
  let made = documents.get(api);
  if (made === undefined) documents.set(api, (made = describeCalls(api.calls(), api.version)));
  return made;
}

export const DOCUMENT_CALLS: readonly AnyCall[] = [
  call({
    method: 'GET',
    path: '/admin/openapi.json',
    id: 'getOpenApi',
    tag: 'Pages',
    summary: 'This document',
    access: 'read',
    gives: { 200: { says: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
    run: async ({ api }) => text('application/json; charset=utf-8', await documentOf(api)),
  }),
  call({
    method: 'GET',
    path: '/admin/docs',
    id: 'getDocs',
    tag: 'Pages',
    summary: 'A page to read this document; it loads nothing from elsewhere',
    access: 'read',
    gives: { 200: { says: 'The page', schema: z.string(), types: ['text/html'] } },
    run: () => docsPage(),
  }),
  call({
    method: 'GET',
    path: '/admin/docs/reference.js',
    id: 'getDocsScript',
    tag: 'Pages',
    summary: "The page's script",
    access: 'read',
    gives: { 200: { says: 'The script', schema: z.string(), types: ['text/javascript'] } },
    run: ({ headers }) => docsScript(headers['accept-encoding']),
  }),
];
