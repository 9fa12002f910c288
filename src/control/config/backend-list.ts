/** A file that lists backends for discovery: written as under `backends`, in YAML or JSON, and judged with the same words. */
import { z } from 'zod';
import { backendIdOf, type FoundBackend } from './backends.ts';
import { describeIssue } from './messages.ts';
import { formatProblem, type Path } from './problem.ts';
import { backend } from './schema-pools.ts';
import { Source } from './source.ts';

const list = z.array(backend, { error: 'expected a list of backends, such as `- http://10.0.0.11:3000`' });

/** Reads one file again and again: of JSON, entries that it has read the time before are not judged anew. */
export class BackendList {
  /** By what was written. Entries that are gone stay for a while: a list is not put together anew for each that changes. */
  readonly #known = new Map<string, FoundBackend>();

  /** Throws everything that is wrong, the first of it in full. References to the environment are not read here. */
  read(text: string, file: string): FoundBackend[] {
    return this.#readKnown(text) ?? this.#readWhole(text, file);
  }

  /** Null for what is not JSON, or holds anything that is not right: its place is told by reading it whole. */
  #readKnown(text: string): FoundBackend[] | null {
    let entries: unknown;
    try {
      entries = JSON.parse(text);
    } catch {
      return null;
    }
    // `${NAME}` means something where the whole is read.
    if (!Array.isArray(entries) || text.includes('${')) return null;
    if (this.#known.size > 2 * entries.length) this.#known.clear();
    const found: FoundBackend[] = [];
    for (const entry of entries as unknown[]) {
      const key = typeof entry === 'string' ? entry : JSON.stringify(entry);
      let member = this.#known.get(key) ?? null;
      if (member === null) {
        member = memberOf(entry);
        if (member === null) return null;
        this.#known.set(key, member);
      }
      found.push(member);
    }
    return found;
  }

  #readWhole(text: string, file: string): FoundBackend[] {
    const source = new Source(text, file, {});
    const [unread] = source.problems.filter(({ severity }) => severity === 'error');
    if (unread !== undefined) throw new Error(formatProblem(unread));
    const read = list.safeParse(source.data ?? [], { error: describeIssue, reportInput: true });
    if (!read.success) {
      const [issue, ...more] = read.error.issues;
      const first = formatProblem(source.problem((issue?.path ?? []) as Path, issue?.message ?? 'cannot be read'));
      throw new Error(more.length === 0 ? first : `${first} (and ${more.length} more)`);
    }
    return read.data.map((one, at): FoundBackend => {
      const member = foundOf(one);
      if (member !== null) return member;
      const message = 'expected an address and a port; list a unix socket in the configuration';
      throw new Error(formatProblem(source.problem([at], message)));
    });
  }
}

function memberOf(entry: unknown): FoundBackend | null {
  const read = backend.safeParse(entry);
  return read.success ? foundOf(read.data) : null;
}

function foundOf(one: z.output<typeof backend>): FoundBackend | null {
  const { address } = one.url;
  if (address.kind !== 'tcp') return null;
  const state = one.state === 'active' ? 'active' : 'draining';
  return { id: backendIdOf(one), host: address.host, port: address.port, weight: one.weight, tier: one.tier, state };
}
