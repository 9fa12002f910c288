/** What discovery finds: backends by address. Everything else about them is the pool's. */
export interface Member {
  /** The same for the same backend from one answer to the next; legal as a backend's id. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
  /** Beside the others; 0: none. */
  readonly weight: number;
  readonly tier: number;
  readonly state: 'active' | 'draining';
}

/** Of one pool: as many as the slot table has room for, with some to spare for those that are still draining. */
export const MEMBERS_MAX = 6000;

const ID_LENGTH_MAX = 128;
const ILLEGAL = /[^A-Za-z0-9._:[\]-]/;

export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `name` where it can be an id, else the address. */
export function memberId(name: string | undefined, host: string, port: number): string {
  const usable = name !== undefined && name !== '' && name.length <= ID_LENGTH_MAX && !ILLEGAL.test(name);
  return usable ? name : hostPort(host, port);
}

/** In a stable order, the first of those with the same id only. Throws when there are too many. */
export function settled(members: readonly Member[]): Member[] {
  const byId = new Map<string, Member>();
  for (const member of members) if (!byId.has(member.id)) byId.set(member.id, member);
  if (byId.size > MEMBERS_MAX)
    throw new Error(`it names ${byId.size} backends, and a pool may have ${MEMBERS_MAX} discovered ones`);
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function sameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, at) => {
      const other = b[at] as Member;
      return (
        one.id === other.id &&
        one.host === other.host &&
        one.port === other.port &&
        one.weight === other.weight &&
        one.tier === other.tier &&
        one.state === other.state
      );
    })
  );
}
