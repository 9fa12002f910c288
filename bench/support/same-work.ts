import { ask } from './probe.ts';
import { table } from './table.ts';
import type { Target } from './target.ts';

/** What a request and its answer must show when the work has been done; null: it must be absent. */
const WORK: readonly { readonly name: string; readonly seen: (shown: Map<string, string>, head: string) => boolean }[] =
  [
    { name: 'prefix', seen: (shown) => shown.get('target') === '/show' },
    { name: 'xff', seen: (shown) => shown.get('x-forwarded-for')?.endsWith('127.0.0.1') === true },
    { name: 'xfp', seen: (shown) => shown.get('x-forwarded-proto') === 'http' },
    { name: 'xfh', seen: (shown) => shown.get('x-forwarded-host')?.startsWith('127.0.0.1') === true },
    { name: 'via', seen: (shown) => shown.get('via') !== '' },
    { name: 'id to origin', seen: (shown) => shown.get('x-request-id') !== '' },
    { name: 'id to client', seen: (_, head) => /^x-request-id: \S/im.test(head) },
    { name: 'trace', seen: (shown) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/.test(shown.get('traceparent') ?? '') },
    { name: 'hop-by-hop', seen: (shown) => shown.get('keep-alive') === '' && shown.get('proxy-connection') === '' },
    { name: 'named by Connection', seen: (shown) => shown.get('x-named') === '' },
  ];

/** Sends each target one telling request, and tables which parts of EdgeBalancer's work it does. */
export async function sameWorkTable(targets: readonly Target[]): Promise<string> {
  const rows: string[][] = [];
  for (const target of targets) {
    const fields = [
      'Connection: close, x-named',
      'X-Named: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
    ];
    const answer = await ask('127.0.0.1', target.port, '/proxy/show', fields);
    const shown = new Map<string, string>();
    for (const line of answer?.body.split('\n') ?? []) {
      const at = line.indexOf('=');
      if (at > 0) shown.set(line.slice(0, at), line.slice(at + 1).trim());
    }
    rows.push([target.title, ...WORK.map((part) => (part.seen(shown, answer?.head ?? '') ? 'yes' : '-'))]);
  }
  return table(['does', ...WORK.map((part) => part.name)], rows);
}
