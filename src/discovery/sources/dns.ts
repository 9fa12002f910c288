/** A and AAAA records of a name, a backend for each address; SRV records, with ports, weights and priorities (RFC 2782). */
import { Resolver } from 'node:dns/promises';
import type { Timers } from '#core/ports.ts';
import { hostPort, type Member } from '../member.ts';
import { resolveName, type Resolution } from '../resolve.ts';
import { Polled, type Listener, type Look, type Source } from '../source.ts';

export interface DnsSettings {
  readonly name: string;
  readonly port: number;
  /** `host:port` of the server to ask; null: as the system says. */
  readonly server: string | null;
  readonly interval: number;
}

export type SrvSettings = Omit<DnsSettings, 'port'>;

const TIMEOUT_MS = 2_000;
const TRIES = 2;
/** Targets of one SRV answer that are looked up at one time. */
const LOOKUPS_AT_ONCE = 16;

export function dnsSource(settings: DnsSettings, listener: Listener, timers: Timers): Source {
  const look = async (): Promise<Look> => {
    const { addresses, ttlMs } = await addressesOf(settings.name, settings.port, settings.server);
    if (addresses.length === 0) throw new Error(`${settings.name} has no address`);
    return { members: addresses.map((host) => member(host, settings.port, 1, 0)), ttlMs };
  };
  return new Polled(look, settings.interval, listener, timers);
}

export function srvSource(settings: SrvSettings, listener: Listener, timers: Timers): Source {
  const look = async (): Promise<Look> => ({ members: await srvMembers(settings), ttlMs: null });
  return new Polled(look, settings.interval, listener, timers);
}

function member(host: string, port: number, weight: number, tier: number): Member {
  return { id: hostPort(host, port), host, port, weight, tier, state: 'active' };
}

async function addressesOf(name: string, port: number, server: string | null): Promise<Resolution> {
  if (server === null) return await resolveName(name, port);
  const resolver = resolverAt(server);
  const [four, six] = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ]);
  // One family, as for every name: connections that alternate between one that is routed and one that is not fail by turns.
  const records = four.status === 'fulfilled' && four.value.length > 0 ? four : six;
  if (records.status === 'rejected') throw failed(name, four.status === 'rejected' ? four.reason : records.reason);
  const ttlMs = Math.min(...records.value.map(({ ttl }) => ttl)) * 1000;
  return { addresses: records.value.map(({ address }) => address), ttlMs };
}

function resolverAt(server: string | null): Resolver {
  // A resolver of its own: it reads the system's servers anew.
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  if (server !== null) resolver.setServers([server]);
  return resolver;
}

async function srvMembers({ name, server }: SrvSettings): Promise<Member[]> {
  let records: Awaited<ReturnType<Resolver['resolveSrv']>>;
  try {
    records = await resolverAt(server).resolveSrv(name);
  } catch (error) {
    throw failed(name, error);
  }
  // A single target of "." says that the service is not offered here (RFC 2782).
  const targets = records.filter((record) => record.name !== '' && record.name !== '.');
  if (targets.length === 0) throw new Error(`${name} has no SRV record that names a target`);
  const priorities = [...new Set(targets.map(({ priority }) => priority))].sort((a, b) => a - b);
  const allZero = targets.every(({ weight }) => weight === 0);
  const addresses = await lookUp([...new Set(targets.map((record) => record.name))], server);
  return targets.flatMap((record) => {
    const found = addresses.get(record.name) ?? [];
    // 0 is a small chance beside others, not none (RFC 2782); weights of ours go to 1,000.
    const weight = allZero ? 1 : Math.max(1, Math.min(1000, record.weight)) / found.length;
    return found.map((host) => member(host, record.port, weight, priorities.indexOf(record.priority)));
  });
}

/** Addresses of targets. A target that does not resolve has none; when none does, that is the failure. */
async function lookUp(names: readonly string[], server: string | null): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  let failure: unknown = null;
  for (let from = 0; from < names.length; from += LOOKUPS_AT_ONCE) {
    await Promise.all(
      names.slice(from, from + LOOKUPS_AT_ONCE).map(async (name) => {
        try {
          found.set(name, (await addressesOf(name, 0, server)).addresses);
        } catch (error) {
          failure = error;
        }
      }),
    );
  }
  if (found.size === 0) throw failure instanceof Error ? failure : new Error('no target of it resolves');
  return found;
}

/** Resolver codes as sentences. */
function failed(name: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const says: Readonly<Record<string, string>> = {
    ENOTFOUND: 'does not exist',
    ENODATA: 'has no record of this kind',
    ETIMEOUT: 'was asked for, and no server answered in time',
    ECONNREFUSED: 'was asked for, and no server answers',
    ESERVFAIL: 'could not be found out by the server',
  };
  return new Error(`${name} ${says[code] ?? `does not resolve (${code || String(error)})`}`);
}
