/**
 * One resolution of a name: by DNS, which tells how long the answer holds; by the system where DNS is not asked (the hosts
 * file, `localhost`, names without a dot, which search domains complete) or knows nothing.
 */
import { lookup, Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { inHostsFile } from './hosts-file.ts';

export interface Resolution {
  readonly addresses: readonly string[];
  /** How long the answer holds; null: nobody said. */
  readonly ttlMs: number | null;
}

/** Rejects when the name has no address now. */
export type Resolve = (host: string, port: number) => Promise<Resolution>;

/** A connection attempt that decides between IPv4 and IPv6 is given up after this long. */
const FAMILY_TRIAL_MS = 300;

export const resolveName: Resolve = async (host, port) => {
  const local = !host.includes('.') || host.endsWith('.localhost') || (await inHostsFile(host));
  const found = (local ? null : await byDns(host)) ?? (await bySystem(host));
  return { ...found, addresses: await oneFamily(found.addresses, port) };
};

/** Null when DNS has no address for it, whatever the reason: the system is asked then, and its error is the one shown. */
async function byDns(host: string): Promise<Resolution | null> {
  // A resolver of its own: it reads the system's servers anew, and answers of other lookups do not wait for it.
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const [four, six] = await Promise.allSettled([
    resolver.resolve4(host, { ttl: true }),
    resolver.resolve6(host, { ttl: true }),
  ]);
  const records = [
    ...(four.status === 'fulfilled' ? four.value : []),
    ...(six.status === 'fulfilled' ? six.value : []),
  ];
  if (records.length === 0) return null;
  return {
    addresses: records.map((record) => record.address),
    ttlMs: Math.min(...records.map((record) => record.ttl)) * 1000,
  };
}

async function bySystem(host: string): Promise<Resolution> {
  const records = await lookup(host, { all: true });
  return { addresses: [...new Set(records.map((record) => record.address))], ttlMs: null };
}

/**
 * A name often has addresses of both families where only one is served or routed (`localhost`, to begin with), and
 * connections that alternate would fail every other time. IPv4 is taken unless only IPv6 answers.
 * Source: the idea of RFC 8305, done once for each resolution instead of once for each connection.
 */
async function oneFamily(addresses: readonly string[], port: number): Promise<readonly string[]> {
  const six = addresses.filter((address) => address.includes(':'));
  const four = addresses.filter((address) => !address.includes(':'));
  const [firstFour] = four;
  const [firstSix] = six;
  if (firstFour === undefined) return six;
  if (firstSix === undefined) return four;
  const [fourAnswers, sixAnswers] = await Promise.all([answers(firstFour, port), answers(firstSix, port)]);
  return !fourAnswers && sixAnswers ? six : four;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: FAMILY_TRIAL_MS });
    const settle = (value: boolean): void => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.on('error', () => settle(false));
  });
}
