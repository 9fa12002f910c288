/**
 * Logarithm and exponential whose every bit is the same in every engine. ECMAScript leaves the last bits of `Math.log` and
 * `Math.exp` to the engine; a simulation in which one of them decides who gets a request would take another course in another
 * browser. These use additions, multiplications, divisions and the bits of numbers alone, which IEEE 754 fixes.
 *
 * Both are within one unit in the last place of the true value.
 * Source: fdlibm 5.3 (Sun Microsystems, 1993, freely redistributable), e_log.c and e_exp.c, step by step. V8's own are made
 * from the same source, so that Node gives the same bits either way.
 */
const number = new Float64Array(1);
const words = new Int32Array(number.buffer);
number[0] = 1;
/** Which of the two words holds sign and exponent. */
const HIGH = words[1] === 0 ? 0 : 1;

/**
 * Powers of two from 2^-1024 on. Multiplying by one is exact; writing an exponent into a number's bits and reading the number
 * back costs a stall of some 15 cycles, for the processor cannot forward half of what it reads.
 */
const POWERS = new Float64Array(2048);
for (let k = -1024, power = 2 ** -1024; k < 1024; k++, power *= 2) POWERS[k + 1024] = power;
const LEAST_NORMAL = 2.2250738585072014e-308;

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const TWO_54 = 18014398509481984;

/** The natural logarithm. As `Math.log`: -Infinity of 0, NaN below. */
export function ln(value: number): number {
  if (!(value >= LEAST_NORMAL && value < Infinity)) return lnOfOther(value);
  number[0] = value;
  return lnOf(value, words[HIGH] as number, 0);
}

function lnOfOther(value: number): number {
  if (value === 0) return -Infinity;
  if (Number.isNaN(value) || value < 0) return NaN;
  if (value === Infinity) return value;
  number[0] = value * TWO_54;
  return lnOf(number[0], words[HIGH] as number, -54);
}

/** The logarithm of a normal number, whose upper word is `upper`, times two to the power of `shift`. */
function lnOf(value: number, upper: number, shift: number): number {
  const high = upper & 0x000fffff;
  const exponent = (upper >> 20) - 1023 + (((high + 0x95f64) & 0x100000) >> 20);
  const k = exponent + shift;
  // Between the roots of 1/2 and of 2.
  const f = value * (POWERS[1024 - exponent] as number) - 1;
  if ((0x000fffff & (2 + high)) < 3) return nearOne(f, k);
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const t1 = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const t2 =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586))); // prettier-ignore
  const r = t2 + t1;
  if (((high - 0x6147a) | (0x6b851 - high)) > 0) {
    const half = 0.5 * f * f;
    if (k === 0) return f - (half - s * (half + r));
    return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
  }
  if (k === 0) return f - s * (f - r);
  return k * LN2_HIGH - (s * (f - r) - k * LN2_LOW - f);
}

/** `f` is below 2^-20. */
function nearOne(f: number, k: number): number {
  if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + k * LN2_LOW;
  const r = f * f * (0.5 - 0.3333333333333333 * f);
  return k === 0 ? f - r : k * LN2_HIGH - (r - k * LN2_LOW - f);
}

const OVERFLOW = 709.782712893384;
const UNDERFLOW = -745.1332191019411;
const INVERSE_LN2 = 1.4426950408889634;
/** As fdlibm has them, which compares upper words: 0.5 ln 2, 1.5 ln 2, 2^-28. */
const HALF_LN2 = 0.3465735912322998;
const THREE_HALVES_LN2 = 1.0397205352783203;
const TINY = 2 ** -28;
const TWO_M1000 = 9.332636185032189e-302;

/** e to the power of `value`. */
export function exp(value: number): number {
  if (Number.isNaN(value)) return value;
  if (value > OVERFLOW) return Infinity;
  if (value < UNDERFLOW) return 0;
  const size = value < 0 ? -value : value;
  let k = 0;
  let high = 0;
  let low = 0;
  let x = value;
  if (size >= HALF_LN2) {
    if (size < THREE_HALVES_LN2) {
      if (value === 1) return Math.E;
      k = value < 0 ? -1 : 1;
      high = value < 0 ? value + LN2_HIGH : value - LN2_HIGH;
      low = value < 0 ? -LN2_LOW : LN2_LOW;
    } else {
      k = (INVERSE_LN2 * value + (value < 0 ? -0.5 : 0.5)) | 0;
      high = value - k * LN2_HIGH;
      low = k * LN2_LOW;
    }
    x = high - low;
  } else if (size < TINY) return 1 + value;
  const t = x * x;
  const c =
    x - t * (0.16666666666666602 + t * (-0.0027777777777015593 + t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8)))); // prettier-ignore
  if (k === 0) return 1 - ((x * c) / (c - 2) - x);
  const y = 1 - (low - (x * c) / (2 - c) - high);
  return scaled(y, k);
}

/** `y` times two to the power of `k`, -1075 to 1024. */
function scaled(y: number, k: number): number {
  if (k === 1024) return y * 2 * (POWERS[2047] as number);
  if (k >= -1021) return y * (POWERS[k + 1024] as number);
  return y * (POWERS[k + 2024] as number) * TWO_M1000;
}
