/** What to do about a number with too many digits. */
export const inQuotes =
  'write it in quotes, and the process gets every digit of it';

/**
 * Whether the number written as `text` is still that number, to the last digit, once it has been read.
 *
 * @remarks
 * Numbers are read as doubles: 9007199254740993 becomes 9007199254740992. A text with more digits than a double keeps
 * has to be refused. Otherwise the job would run with another number than was asked for. Spellings of one value are the
 * same: `1e-3` and `0.001`.
 */
export function isExact(text: string): boolean {
  const value = Number(text);
  if (!Number.isFinite(value)) return true;
  const written = digitsOf(text);
  if (!written || written.length <= 15) return true;
  return digitsOf(value.toPrecision(Math.min(100, written.length))) === written;
}

/** The digits that matter, without sign, point, exponent and zeros at either end. */
function digitsOf(text: string): string {
  const [mantissa] = text.toLowerCase().split('e');
  return mantissa.replace(/\D/g, '').replace(/^0+|0+$/g, '');
}
