/**
 * Certificates and keys of listeners: read from their files when a configuration names them, and again when the files change,
 * without a restart and for connections from then on. Workers get what they hold; nothing else does. What cannot be served
 * changes nothing: the certificates before it are served on, and the log says why.
 */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { CertificateFacts } from '#control/tls/certificate.ts';
import { filesOf, readTls, type ReadTls, type TlsFinding, type TlsReading } from '#control/tls/read-tls.ts';
import { formatPath } from '#control/config/problem.ts';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { ListenerPlan, ListenerTlsPlan, Plan } from '#core/plan.ts';
import { FileWatch } from '#discovery/file-watch.ts';
import type { TlsSettings } from '#transport/transport.ts';
import type { TlsByListener } from '#worker/messages.ts';
import { OperatorError } from './operator-error.ts';

/** A certificate and its key are two files, and are seldom replaced in the same moment. */
const TOGETHER_MS = 500;
/** Where they still do not fit, they are looked at once more before anybody is told. */
const AGAIN_MS = 5_000;
/** Whoever learns a ticket key can read the TLS 1.2 sessions that it resumes: each serves for a day. */
const TICKET_KEY_MS = 86_400_000;
/**
 * Each listener has ticket keys of its own, and new ones with whatever changes: who resumes a session is not verified again, and
 * must not get in with one from a time when another authority was believed.
 */
const TICKET_KEY_BYTES = 48;

/** A certificate that is served. */
export interface ServedCertificate extends CertificateFacts {
  readonly listener: string;
  readonly file: string;
}

export interface CertificatesOptions {
  readonly timers: Timers;
  readonly log: Log;
  /** Workers are to use these from now on. */
  readonly onChange: (tls: TlsByListener) => void;
}

interface Kept {
  readonly plan: ListenerTlsPlan;
  readonly read: ReadTls;
  readonly ticketKeys: Uint8Array;
  readonly served: readonly ServedCertificate[];
}

export class Certificates {
  readonly #options: CertificatesOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #watches = new Map<string, FileWatch>();
  #cancelTickets: Cancel | null = null;
  #cancelRead: Cancel | null = null;
  #stopped = false;

  constructor(options: CertificatesOptions) {
    this.#options = options;
  }

  /** What workers are to use now. */
  get current(): TlsByListener {
    return Object.fromEntries(
      [...this.#kept].map(([name, { read, ticketKeys }]): [string, TlsSettings] => [name, { ...read, ticketKeys }]),
    );
  }

  get served(): readonly ServedCertificate[] {
    return [...this.#kept.values()].flatMap(({ served }) => served);
  }

  /** Why a plan cannot be obeyed, as a sentence; null: it can. */
  refusal(plan: Plan): string | null {
    for (const listener of plan.listeners) {
      if (listener.tls === null) continue;
      const error = this.#read(listener.tls).findings.find(({ severity }) => severity === 'error');
      if (error !== undefined) return `Listener "${listener.name}": ${sentenceOf(error)}.`;
    }
    return null;
  }

  /** The same for the first plan. Throws a sentence for the operator. */
  begin(plan: Plan): void {
    const why = this.refusal(plan);
    if (why !== null) throw new OperatorError(why);
    this.obey(plan);
  }

  /** Reads what the plan names and watches it. What cannot be read has been refused before; if it fails now, what was kept stays. */
  obey(plan: Plan): void {
    const names = new Set(plan.listeners.filter(({ tls }) => tls !== null).map(({ name }) => name));
    for (const name of this.#kept.keys()) if (!names.has(name)) this.#kept.delete(name);
    for (const listener of plan.listeners) if (listener.tls !== null) this.#take(listener, listener.tls);
    this.#follow();
    if (names.size > 0 && this.#cancelTickets === null) this.#renewTickets();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTickets?.();
    this.#cancelRead?.();
    for (const watch of this.#watches.values()) watch.stop();
  }

  #read(tls: ListenerTlsPlan): TlsReading {
    return readTls(tls, this.#options.timers.wallMs());
  }

  /** False when it cannot be served. */
  #take({ name }: Pick<ListenerPlan, 'name'>, tls: ListenerTlsPlan, isLast = true): boolean {
    const { read, facts, findings } = this.#read(tls);
    if (read === null && !isLast) return false;
    const { log } = this.#options;
    const before = this.#kept.get(name);
    if (read === null) {
      for (const finding of findings)
        if (finding.severity === 'error')
          log.error(
            { listener: name, why: sentenceOf(finding) },
            'certificates are served on as they were: what is new cannot be used',
          );
      return false;
    }
    for (const finding of findings) log.warn({ listener: name }, sentenceOf(finding));
    const served = facts.flatMap((found, at) =>
      found === null ? [] : [{ ...found, listener: name, file: (tls.certificates[at] as { cert: string }).cert }],
    );
    const isSame = before !== undefined && isDeepStrictEqual(read, before.read);
    const ticketKeys = isSame ? before.ticketKeys : randomBytes(TICKET_KEY_BYTES);
    this.#kept.set(name, { plan: tls, read, ticketKeys, served });
    const prints = (kept: Kept | undefined): string => kept?.served.map(({ fingerprint }) => fingerprint).join() ?? '';
    if (before !== undefined && prints(before) !== prints(this.#kept.get(name)))
      log.info({ listener: name, until: untilOf(served) }, 'certificates changed; new connections get the new ones');
    return true;
  }

  #follow(): void {
    const files = new Set([...this.#kept.values()].flatMap(({ plan }) => filesOf(plan)));
    for (const [file, watch] of this.#watches) {
      if (files.has(file)) continue;
      watch.stop();
      this.#watches.delete(file);
    }
    for (const file of files) {
      if (this.#watches.has(file) || this.#stopped) continue;
      const watch = new FileWatch(file, this.#options.timers, () => this.#later(TOGETHER_MS, false));
      this.#watches.set(file, watch);
      void watch.start();
    }
  }

  #later(afterMs: number, isLast: boolean): void {
    this.#cancelRead?.();
    this.#cancelRead = this.#options.timers.after(afterMs, () => this.#readAgain(isLast));
  }

  #readAgain(isLast: boolean): void {
    if (this.#stopped) return;
    const taken = [...this.#kept].map(([name, { plan }]) => this.#take({ name }, plan, isLast));
    if (taken.includes(false) && !isLast) this.#later(AGAIN_MS, true);
    if (taken.includes(true)) this.#options.onChange(this.current);
  }

  #renewTickets(): void {
    this.#cancelTickets = this.#options.timers.after(TICKET_KEY_MS, () => {
      for (const [name, kept] of this.#kept)
        this.#kept.set(name, { ...kept, ticketKeys: randomBytes(TICKET_KEY_BYTES) });
      this.#renewTickets();
      // Says again what is about to expire.
      this.#readAgain(true);
    });
  }
}

function sentenceOf({ path, message }: TlsFinding): string {
  return `${formatPath(['tls', ...path])}: ${message}`;
}

function untilOf(served: readonly ServedCertificate[]): string {
  return new Date(Math.min(...served.map(({ notAfterMs }) => notAfterMs))).toISOString();
}
