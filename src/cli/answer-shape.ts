/**
 * Whether an answer is one of an admin API. Its shape is the contract's, and is not checked again; this tells another server,
 * which `--admin` names by mistake and which speaks JSON as well, from EdgeBalancer.
 */
import type { Method } from './admin-client.ts';

/** A field that the answer to GET has. */
const FIELDS: Readonly<Record<string, string>> = {
  'admin/overview': 'workers',
  'admin/metrics': 'routes',
  'admin/backends': 'pools',
  'admin/replicas': 'replicas',
  'admin/strategy': 'available',
  'admin/config': 'config',
  'admin/config/revisions': 'revisions',
  'admin/tokens': 'tokens',
  'admin/cost': 'items',
  'admin/copilot': 'findings',
  'admin/incidents': 'incidents',
  'admin/recording': 'models',
};

export function isAnswer(method: Method, path: string, data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const field = method === 'GET' ? FIELDS[path] : undefined;
  return field === undefined || field in data;
}
