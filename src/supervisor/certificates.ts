/**
 * Certificates, keys and authorities, of listeners and towards backends: read from their files when a configuration names them, and
 * again when the files change, without a restart and for connections from then on. Workers get what they hold; nothing else does.
 * What cannot be used changes nothing: what was there before is used on, and the log says why.
 */
import { randomBytes } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { Cancel, Log, Timers } from '#core/ports.ts';
import type { Plan } from '#core/plan.ts';
import { FileWatch } from '#discovery/file-watch.ts';
import { clientContext } from '#transport/net/tls-connector.ts';
import type { TlsClientSettings, TlsSettings } from '#transport/transport.ts';
import type { TlsMaterial } from '#worker/messages.ts';
import { OperatorError } from './operator-error.ts';
import {
  filesAt,
  placeKey,
  placesOf,
  readPlace,
  sentenceOf,
  type PlaceContent,
  type ServedCertificate,
  type TlsPlace,
} from './tls-places.ts';

export type { ServedCertificate } from './tls-places.ts';

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

export interface CertificatesOptions {
  readonly timers: Timers;
  readonly log: Log;
  /** Workers are to use these from now on. */
  readonly onChange: (tls: TlsMaterial) => void;
}

interface Kept {
  readonly place: TlsPlace;
  readonly content: PlaceContent;
  readonly ticketKeys: Uint8Array;
  /** For probes; made when the first asks. */
  context: SecureContext | null;
}

export class Certificates {
  readonly #options: CertificatesOptions;
  /** Where the plan in force speaks TLS. */
  #places: readonly TlsPlace[] = [];
  readonly #kept = new Map<string, Kept>();
  readonly #watches = new Map<string, FileWatch>();
  #cancelTickets: Cancel | null = null;
  #cancelRead: Cancel | null = null;
  #stopped = false;

  constructor(options: CertificatesOptions) {
    this.#options = options;
  }

  /** What workers are to use now. */
  get current(): TlsMaterial {
    const listeners: Record<string, TlsSettings> = {};
    const pools: Record<string, TlsClientSettings> = {};
    for (const { place, content, ticketKeys } of this.#kept.values()) {
      if (content.kind === 'listener') listeners[place.name] = { ...content.read, ticketKeys };
      else pools[place.name] = content.read;
    }
    return { listeners, pools };
  }

  get served(): readonly ServedCertificate[] {
    return [...this.#kept.values()].flatMap(({ content }) => (content.kind === 'listener' ? content.served : []));
  }

  /** With what backends of a pool are probed. */
  contextOf(pool: string): SecureContext | undefined {
    const kept = this.#kept.get(placeKey({ kind: 'pool', name: pool }));
    if (kept?.content.kind !== 'pool') return undefined;
    return (kept.context ??= clientContext(kept.content.read));
  }

  /** Why a plan cannot be obeyed, as a sentence; null: it can. */
  refusal(plan: Plan): string | null {
    for (const place of placesOf(plan)) {
      const { findings } = readPlace(place, this.#options.timers.wallMs());
      const error = findings.find(({ severity }) => severity === 'error');
      if (error !== undefined) return `${sentenceOf(place, error)}.`;
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
    const places = (this.#places = placesOf(plan));
    const keys = new Set(places.map(placeKey));
    for (const key of this.#kept.keys()) if (!keys.has(key)) this.#kept.delete(key);
    // Discovery makes many plans, and what they name stays what it was.
    for (const place of places)
      if (!isDeepStrictEqual(this.#kept.get(placeKey(place))?.place, place)) this.#take(place);
    this.#follow();
    if (places.length > 0 && this.#cancelTickets === null) this.#renewTickets();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTickets?.();
    this.#cancelRead?.();
    for (const watch of this.#watches.values()) watch.stop();
  }

  /** False when it cannot be used. */
  #take(place: TlsPlace, isLast = true): boolean {
    const { timers, log } = this.#options;
    const { content, findings } = readPlace(place, timers.wallMs());
    if (content === null) {
      if (!isLast) return false;
      for (const finding of findings)
        if (finding.severity === 'error')
          log.error(
            { [place.kind]: place.name, why: sentenceOf(place, finding) },
            'certificates stay as they were: what is new cannot be used',
          );
      return false;
    }
    for (const finding of findings) log.warn({ [place.kind]: place.name }, sentenceOf(place, finding));
    const before = this.#kept.get(placeKey(place));
    const isSame = before !== undefined && isDeepStrictEqual(content.read, before.content.read);
    const ticketKeys = isSame ? before.ticketKeys : randomBytes(TICKET_KEY_BYTES);
    this.#kept.set(placeKey(place), { place, content, ticketKeys, context: null });
    if (before !== undefined && !isSame)
      log.info({ [place.kind]: place.name }, 'certificates changed; new connections use the new ones');
    return true;
  }

  #follow(): void {
    const files = new Set(this.#places.flatMap(filesAt));
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
    const taken = this.#places.map((place) => this.#take(place, isLast));
    if (taken.includes(false) && !isLast) this.#later(AGAIN_MS, true);
    // Workers leave what has not changed as it is.
    this.#options.onChange(this.current);
  }

  #renewTickets(): void {
    this.#cancelTickets = this.#options.timers.after(TICKET_KEY_MS, () => {
      for (const [key, kept] of this.#kept) this.#kept.set(key, { ...kept, ticketKeys: randomBytes(TICKET_KEY_BYTES) });
      this.#renewTickets();
      // Says again what is about to expire.
      this.#readAgain(true);
    });
  }
}
