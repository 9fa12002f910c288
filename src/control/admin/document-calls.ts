/** The description of this API: the OpenAPI document, and a page to read it. */
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { text } from './answer.ts';
import { call, type AnyCall, type Api } from './call.ts';
import { docsPage, docsScript } from './docs-page.ts';

/** Made once, when it is first asked for. */
const documents = new WeakMap<Api, Promise<string>>();

function documentOf(api: Api): Promise<string> {
  let made = documents.get(api);
  if (made === undefined) {
    documents.set(api, (made = madeByThread(api.version)));
    made.catch(() => documents.delete(api));
  }
  return made;
}

/** Rejects when the thread ends without it. */
function madeByThread(version: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, { workerData: version, name: 'openapi' });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('the OpenAPI document could not be made')));
    // It keeps nobody from ending.
    thread.unref();
  });
}

const THREAD = new URL('./openapi-thread.ts', import.meta.url);

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
