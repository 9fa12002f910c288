/** The changes that operators make every day, as edits of the document. What they make is judged by the loader, like any file. */
import { readBackendUrl } from './addresses.ts';
import type { ConfigDocument } from './document.ts';
import { suggestion } from './nearest.ts';
import { Refused } from './refused.ts';
import { isMapping, same, type Mapping } from './tree.ts';

/** As the configuration would say it. */
export interface BackendChange {
  readonly weight?: number;
  readonly state?: 'active' | 'draining' | 'maintenance';
  readonly tier?: number;
  readonly url?: string;
}

export interface NewBackend extends BackendChange {
  readonly id?: string;
  readonly url: string;
}

/** A strategy's name, or its name with what it hashes (`on`) and its parameters beside it. */
export type StrategyChange = string | ({ readonly name: string } & Mapping);

/** What a key that is not there says. */
const DEFAULTS: Mapping = { weight: 1, state: 'active', tier: 0 };

/** Adds a backend at the end of a pool. Returns the id that it has, given or implied. */
export function addBackend(document: ConfigDocument, pool: string, backend: string | NewBackend): string {
  const { path, ids } = poolOf(document, pool);
  const entry = typeof backend === 'string' ? { url: backend } : backend;
  const id = idOf(document, entry);
  if (id !== null && ids.includes(id))
    throw new Refused(
      409,
      `There is a backend \`${id}\` in pool \`${pool}\` already; give this one another id, or change that one.`,
    );
  const written = onlyUrl(entry)
    ? entry.url
    : Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
  const list = [...path, 'backends'];
  if (Array.isArray(document.get(list))) document.insert(list, ids.length, written);
  else document.set(list, [written]);
  return id ?? entry.url;
}

/**
 * Changes a backend that discovery has found: what is set here counts more than what is found, for as long as the backend is
 * found, and when it is found again.
 */
export function overrideBackend(document: ConfigDocument, pool: string, id: string, change: BackendChange): void {
  const { path, discovers } = poolOf(document, pool);
  if (!discovers) throw new Refused(404, `there is no backend \`${id}\` in pool \`${pool}\``);
  if (change.url !== undefined)
    throw new Refused(409, `\`${id}\` of pool \`${pool}\` was found by \`discovery\`, which says where it is; weight, tier and state can be set.`); // prettier-ignore
  const place = [...path, 'discovery', 'overrides', id];
  for (const [key, value] of Object.entries(change)) if (value !== undefined) document.set([...place, key], value);
}

/** Changes what is given and leaves the rest. Returns the id that the backend has then: one that is implied follows its URL. */
export function patchBackend(document: ConfigDocument, pool: string, id: string, change: BackendChange): string {
  const { at, path, ids, entry } = backendOf(document, pool, id);
  const place = [...path, 'backends', at];
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  if (typeof entry === 'string') {
    const changes = given.filter(([key, value]) => DEFAULTS[key] !== value);
    const [first] = changes;
    if (first === undefined) return id;
    const url = change.url ?? entry;
    if (changes.length === 1 && first[0] === 'url') document.set(place, url);
    else document.set(place, { url, ...Object.fromEntries(changes.filter(([key]) => key !== 'url')) });
  } else {
    for (const [key, value] of given) {
      const written = entry[key];
      if (written === undefined && DEFAULTS[key] === value) continue;
      // `${WEIGHT}` that says what is wanted already stays a reference.
      if (written === value || (typeof written === 'string' && String(document.read(written)) === String(value)))
        continue;
      document.set([...place, key], value);
    }
  }
  const now = idOf(document, document.get(place)) ?? id;
  if (now !== id && ids.includes(now))
    throw new Refused(409, `The backend would be called \`${now}\` by its URL, and pool \`${pool}\` has one already.`);
  return now;
}

/** Takes a backend out of a pool. The last one stays: whoever wants none removes the pool. */
export function removeBackend(document: ConfigDocument, pool: string, id: string): void {
  const { at, path, ids, discovers } = backendOf(document, pool, id);
  if (ids.length === 1 && !discovers)
    throw new Refused(
      409,
      `\`${id}\` is the last backend of pool \`${pool}\`; add another first, or set \`state: maintenance\`.`,
    );
  document.delete([...path, 'backends', at]);
}

/** Gives a pool another strategy, or other parameters; parameters that are left out have their defaults. */
export function setStrategy(document: ConfigDocument, pool: string, strategy: StrategyChange): void {
  const { path } = poolOf(document, pool);
  const place = [...path, 'strategy'];
  const wanted = typeof strategy !== 'string' && Object.keys(strategy).length === 1 ? strategy.name : strategy;
  const before = document.get(place);
  if (same(before, wanted)) return;
  // Another strategy knows nothing of the parameters of the one before.
  const keeps = isMapping(before) && isMapping(wanted) && before.name === wanted.name;
  if (!keeps) document.set(place, wanted);
  else {
    for (const key of Object.keys(before)) if (!Object.hasOwn(wanted, key)) document.delete([...place, key]);
    for (const [key, value] of Object.entries(wanted))
      if (!same(before[key], value)) document.set([...place, key], value);
  }
}

interface PoolPlace {
  readonly path: readonly string[];
  /** Of the backends that are listed, by position. */
  readonly ids: readonly string[];
  /** It may have others, that are found. */
  readonly discovers: boolean;
}

function poolOf(document: ConfigDocument, pool: string): PoolPlace {
  const pools = document.get(['pools']);
  const names = isMapping(pools) ? Object.keys(pools) : [];
  if (!isMapping(pools) || !names.includes(pool))
    throw new Refused(404, `there is no pool \`${pool}\`${suggestion(pool, names)}`);
  const found = pools[pool];
  const listed = isMapping(found) && Array.isArray(found.backends) ? (found.backends as unknown[]) : [];
  return {
    path: ['pools', pool],
    ids: listed.map((entry) => idOf(document, entry) ?? ''),
    discovers: isMapping(found) && isMapping(found.discovery),
  };
}

function backendOf(
  document: ConfigDocument,
  pool: string,
  id: string,
): PoolPlace & { readonly at: number; readonly entry: string | Mapping } {
  const place = poolOf(document, pool);
  const at = place.ids.indexOf(id);
  if (at === -1) {
    throw new Refused(404, `there is no backend \`${id}\` in pool \`${pool}\`${suggestion(id, place.ids)}`);
  }
  return { ...place, at, entry: document.get([...place.path, 'backends', at]) as string | Mapping };
}

/** The id that is given, or what the URL implies; null when neither can be read. */
function idOf(document: ConfigDocument, entry: unknown): string | null {
  if (isMapping(entry) && entry.id !== undefined && entry.id !== null) return String(document.read(entry.id));
  const url = document.read(isMapping(entry) ? entry.url : entry);
  if (typeof url !== 'string') return null;
  const reading = readBackendUrl(url);
  return 'value' in reading ? reading.value.authority : null;
}

const onlyUrl = (entry: NewBackend): boolean =>
  Object.entries(entry).every(([key, value]) => key === 'url' || value === undefined);
