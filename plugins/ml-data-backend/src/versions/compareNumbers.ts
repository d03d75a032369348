/**
 * Compares a figure of a profile with a number of a check, to the last digit: −1, 0 or 1.
 *
 * @remarks
 * Figures that JSON would round are kept as their digits; making numbers of them would compare something else.
 */
export function compareNumbers(a: string | number, b: number): number {
  if (typeof a === 'number') return Math.sign(a - b);
  const [left, right] = [parse(a), parse(exactly(b))];
  const scale = Math.max(left.scale, right.scale);
  const difference =
    left.digits * 10n ** BigInt(scale - left.scale) -
    right.digits * 10n ** BigInt(scale - right.scale);
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** Whether text is a number as profiles keep it. */
export const isDigits = (text: string) => /^-?\d+(?:\.\d+)?$/.test(text);

function parse(text: string) {
  const [whole, fraction = ''] = text.split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

/** A number without an exponent. */
function exactly(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  const text = String(value);
  return /e/.test(text) ? value.toFixed(20) : text;
}
