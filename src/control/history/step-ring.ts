/**
 * Packed steps of one length, the newest of each place: a step lies at its number modulo the number of places, so there can
 * never be more, nor two of one time. A step that comes again (the clock was put back, or the process started anew within
 * it) is added to what is there. When the bytes become too many, the oldest steps go.
 */
import { PACKED_BYTES_MAX, packStep, unpackStep } from './packing.ts';
import { Step } from './step.ts';

const EMPTY = -1;
/** What an array of bytes and its place in a table take beside the bytes. */
const STEP_OVERHEAD_BYTES = 128;

export interface RingOptions {
  /** Seconds of one step. */
  readonly stepS: number;
  /** How many steps are kept. */
  readonly places: number;
  /** What they may take together. */
  readonly bytesMax: number;
}

export class StepRing {
  readonly stepS: number;
  readonly places: number;
  /** Places that are not what the file has. */
  readonly changed = new Set<number>();
  readonly #bytesMax: number;
  /** Number of the step at each place: its beginning divided by its length. */
  readonly #numbers: Float64Array;
  readonly #packed: (Uint8Array | null)[];
  readonly #buffer: Uint8Array;
  readonly #before: Step;
  readonly #sum: Step;
  #bytes = 0;
  #droppedS = -Infinity;

  constructor({ stepS, places, bytesMax }: RingOptions) {
    this.stepS = stepS;
    this.places = places;
    this.#bytesMax = bytesMax;
    this.#numbers = new Float64Array(places).fill(EMPTY);
    this.#packed = Array.from({ length: places }, () => null);
    this.#buffer = new Uint8Array(PACKED_BYTES_MAX);
    this.#before = new Step();
    this.#sum = new Step();
  }

  /** Bytes that the steps take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Beginning of the newest step that went for want of room; -Infinity: none did. */
  get droppedS(): number {
    return this.#droppedS;
  }

  /** The step that begins at `atS`, seconds since 1970; null: nothing was recorded. */
  packedAt(atS: number): Uint8Array | null {
    const number = Math.floor(atS / this.stepS);
    const place = number % this.places;
    return this.#numbers[place] === number ? (this.#packed[place] as Uint8Array) : null;
  }

  /** Adds to the step that holds second `atS`; gauges become those of `step`. */
  add(atS: number, step: Step): void {
    const before = this.packedAt(atS);
    const whole = before === null ? step : this.#sum.sumOf(unpackStep(before, this.#before), step);
    const end = packStep(whole, this.#buffer);
    const number = Math.floor(atS / this.stepS);
    this.#put(number, this.#buffer.slice(0, end));
    this.changed.add(number % this.places);
    this.#makeRoom();
  }

  /** A step of the file, as it lies there. */
  place(atS: number, packed: Uint8Array): void {
    this.#put(Math.floor(atS / this.stepS), packed);
    this.#makeRoom();
  }

  /** What lies at a place; null: nothing. */
  at(place: number): { readonly atS: number; readonly packed: Uint8Array } | null {
    const packed = this.#packed[place] ?? null;
    return packed === null ? null : { atS: (this.#numbers[place] as number) * this.stepS, packed };
  }

  /** All steps, in no order. */
  *steps(): Generator<{ readonly atS: number; readonly packed: Uint8Array }> {
    for (let place = 0; place < this.places; place++) {
      const step = this.at(place);
      if (step !== null) yield step;
    }
  }

  clear(): void {
    for (let place = 0; place < this.places; place++) this.#empty(place);
    this.changed.clear();
  }

  /** The file has nothing, or something else. */
  markAllChanged(): void {
    for (let place = 0; place < this.places; place++) if (this.#packed[place] !== null) this.changed.add(place);
  }

  #put(number: number, packed: Uint8Array): void {
    const place = number % this.places;
    this.#empty(place);
    this.#numbers[place] = number;
    this.#packed[place] = packed;
    this.#bytes += packed.length + STEP_OVERHEAD_BYTES;
  }

  #empty(place: number): void {
    const packed = this.#packed[place] ?? null;
    if (packed === null) return;
    this.#bytes -= packed.length + STEP_OVERHEAD_BYTES;
    this.#packed[place] = null;
    this.#numbers[place] = EMPTY;
  }

  #makeRoom(): void {
    while (this.#bytes > this.#bytesMax) {
      let oldest = EMPTY;
      for (let place = 0; place < this.places; place++) {
        const number = this.#numbers[place] as number;
        if (number !== EMPTY && (oldest === EMPTY || number < (this.#numbers[oldest] as number))) oldest = place;
      }
      if (oldest === EMPTY) return;
      this.#droppedS = Math.max(this.#droppedS, (this.#numbers[oldest] as number) * this.stepS);
      this.#empty(oldest);
      this.changed.add(oldest);
    }
  }
}
