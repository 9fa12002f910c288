/**
 * The past day in memory: an hour of seconds, a day of minutes, and the names in them. Answers are made from here alone, so
 * a disk that is slow, full or gone takes nothing away; the file (history-mirror.ts) is only a copy to start from.
 *
 * A minute is the sum of its seconds at any time. With few backends all of it takes about 1 MB; with 1,000 busy ones about
 * 13 MB.
 */
import { HISTORY_FINE_SPAN_S, HISTORY_SPAN_S, FINE_SLACK_S } from './history-range.ts';
import { NameBook } from './name-book.ts';
import { isPacked, unpackStep } from './packing.ts';
import { Step, type Sample } from './step.ts';
import { StepRing } from './step-ring.ts';

const MINUTE_S = 60;
/** The first step of an answer is whole up to an hour's length. */
const MINUTES_SLACK = 60;
/**
 * An hour of seconds with 1,800 backends that all had requests each second; where there are more, the hour becomes shorter.
 * A day of minutes with all 4,096 backends that there can be takes about as much.
 */
const RING_BYTES_MAX = 16 * 1024 * 1024;
/** A full book is looked through for unused names once in so many seconds, since it may all be in use. */
const FORGET_EVERY_S = 60;

/** What a file held. */
export interface Contents {
  readonly names: readonly (readonly [id: number, name: string])[];
  readonly seconds: readonly StoredStep[];
  readonly minutes: readonly StoredStep[];
}

export interface StoredStep {
  /** Its row in the file, and so its place in the ring. */
  readonly place: number;
  /** Seconds since 1970. */
  readonly atS: number;
  readonly packed: Uint8Array;
}

export interface StoreLimits {
  readonly namesMax?: number;
  readonly ringBytesMax?: number;
}

export class HistoryStore {
  readonly seconds: StepRing;
  readonly minutes: StepRing;
  readonly names: NameBook;
  readonly #step = new Step();
  /** The names of the last sample, and their places in ascending order of id. */
  #known: { readonly names: readonly string[]; readonly generation: number; readonly order: Uint32Array } | null = null;
  #ids = new Uint32Array(0);
  #forgotAtS = -Infinity;

  constructor({ namesMax, ringBytesMax: bytesMax = RING_BYTES_MAX }: StoreLimits = {}) {
    this.seconds = new StepRing({ stepS: 1, places: HISTORY_FINE_SPAN_S + FINE_SLACK_S, bytesMax });
    this.minutes = new StepRing({ stepS: MINUTE_S, places: HISTORY_SPAN_S / MINUTE_S + MINUTES_SLACK, bytesMax });
    this.names = new NameBook(namesMax);
  }

  /** Adds a sample to the second that begins at `atS`. */
  record(atS: number, sample: Sample): void {
    const order = this.#orderOf(atS, sample.names);
    const step = this.#step.clear();
    step.counters.set(sample.counters);
    step.gauges.set(sample.gauges);
    step.latency.set(sample.latency);
    for (const at of order) step.pick(this.#ids[at] as number, sample.picks[at] as number);
    this.#add(atS, step);
  }

  /**
   * Takes over what a file held, and adds what was recorded before it could be opened. The names' numbers become those of
   * the file, so that its rows stay as they are. Rows that are no steps are left out, and marked to be written over.
   */
  adopt({ names, seconds, minutes }: Contents): void {
    const own = [...this.seconds.steps()].sort((a, b) => a.atS - b.atS);
    const oldNames = new Map(this.names.entries());
    this.names.become(names);
    for (const [ring, steps] of [
      [this.seconds, seconds],
      [this.minutes, minutes],
    ] as const) {
      ring.clear();
      for (const { place, atS, packed } of steps) {
        if (belongs(ring, place, atS) && isPacked(packed)) ring.place(atS, packed);
        else ring.changed.add(place);
      }
    }
    for (const { atS, packed } of own) this.#add(atS, this.#renumbered(packed, oldNames));
  }

  #add(atS: number, step: Step): void {
    this.seconds.add(atS, step);
    this.minutes.add(atS, step);
  }

  /** A step under the numbers that its names have now. */
  #renumbered(packed: Uint8Array, oldNames: ReadonlyMap<number, string>): Step {
    const old = unpackStep(packed, new Step());
    const step = this.#step.clear();
    step.counters.set(old.counters);
    step.gauges.set(old.gauges);
    step.latency.set(old.latency);
    const picks = Array.from({ length: old.length }, (_, at) => ({
      id: this.names.idOf(oldNames.get(old.ids[at] as number) ?? ''),
      count: old.picks[at] as number,
    }));
    for (const { id, count } of picks.sort((a, b) => a.id - b.id)) step.pick(id, count);
    return step;
  }

  /** Numbers are asked for once for each list of names, not each second. */
  #orderOf(atS: number, names: readonly string[]): Uint32Array {
    const known = this.#known;
    if (known !== null && known.names === names && known.generation === this.names.generation) return known.order;
    this.#ids = Uint32Array.from(names, (name) => this.names.idOf(name));
    if (this.names.isFull && Math.abs(atS - this.#forgotAtS) >= FORGET_EVERY_S) {
      this.#forgotAtS = atS;
      this.#forgetUnused(new Set(this.#ids));
      this.#ids = Uint32Array.from(names, (name) => this.names.idOf(name));
    }
    const order = Uint32Array.from(names, (_, at) => at).sort((a, b) => this.#ids[a]! - this.#ids[b]!);
    // Names that found no room are asked about again.
    const complete = !this.names.isFull;
    this.#known = complete ? { names, generation: this.names.generation, order } : null;
    return order;
  }

  #forgetUnused(used: Set<number>): void {
    for (const ring of [this.seconds, this.minutes])
      for (const { packed } of ring.steps()) {
        const { ids, length } = unpackStep(packed, this.#step);
        for (let at = 0; at < length; at++) used.add(ids[at] as number);
      }
    this.names.forget((id) => used.has(id));
  }
}

function belongs(ring: StepRing, place: number, atS: number): boolean {
  return Number.isSafeInteger(atS) && atS >= 0 && atS % ring.stepS === 0 && (atS / ring.stepS) % ring.places === place;
}
