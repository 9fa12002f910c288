/** Numbers of an exposition as ASCII, written in place. Counts are whole and sums of times have microseconds: no strings for those. */

/** Digits behind the point of a number that has not more of them, and what they count by. */
const DECIMALS = 6;
const PARTS = 1e6;
const ZERO = 0x30;
const POINT = 0x2e;

/** No number is longer: `-1.2345678901234567e-300`. */
export const NUMBER_BYTES_MAX = 24;

/** Bytes that `putNumber` writes. */
export function numberBytes(value: number): number {
  if (isWhole(value)) return digitsOf(value);
  return hasParts(value) ? digitsOf(Math.floor(value)) + 1 + DECIMALS : numberText(value).length;
}

/** Writes a number of `length` bytes so that it ends before `end`. */
export function putNumber(bytes: Buffer, end: number, value: number, length: number): void {
  if (isWhole(value)) {
    putDigits(bytes, end, value, length);
  } else if (hasParts(value)) {
    const parts = Math.round(value * PARTS);
    const whole = Math.floor(parts / PARTS);
    putDigits(bytes, end, parts - whole * PARTS, DECIMALS);
    bytes[end - DECIMALS - 1] = POINT;
    putDigits(bytes, end - DECIMALS - 1, whole, length - DECIMALS - 1);
  } else {
    bytes.write(numberText(value), end - length, 'latin1');
  }
}

/** From 0 on, and told apart from its neighbours. */
function isWhole(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER && value === Math.floor(value);
}

/** Six decimals say it all. */
function hasParts(value: number): boolean {
  return value > 0 && value < Number.MAX_SAFE_INTEGER / PARTS && Math.round(value * PARTS) / PARTS === value;
}

export function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Number.isNaN(value) ? 'NaN' : String(value);
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  return digits;
}

function putDigits(bytes: Buffer, end: number, value: number, digits: number): void {
  let at = end;
  let rest = value;
  // Integer division is quick below 2^31 only.
  while (rest >= 2 ** 31) {
    const next = Math.floor(rest / 10);
    bytes[--at] = ZERO + (rest - next * 10);
    rest = next;
  }
  let small = rest | 0;
  while (at > end - digits) {
    const next = (small / 10) | 0;
    bytes[--at] = ZERO + (small - next * 10);
    small = next;
  }
}
