/** What two types of one column, found in two files, can both be without losing anything. */
export type United =
  | { type: string }
  /** Safe when the whole numbers of the column are within ±2^53, which the data has to say. */
  | { type: string; needs: 'small-integers' }
  | undefined;

const signed = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];
const unsigned = ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];
const digitsOf: Record<string, number> = {
  ...{ TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 },
  ...{ UTINYINT: 3, USMALLINT: 5, UINTEGER: 10, UBIGINT: 20 },
};

export const isWhole = (type: string) => type in digitsOf;

export function uniteTypes(a: string, b: string): United {
  if (a === b) return { type: a };
  return unite(a, b) ?? unite(b, a);
}

function unite(a: string, b: string): United {
  if (isWhole(a) && isWhole(b)) return { type: uniteWhole(a, b) };
  if (isWhole(a) && /^(FLOAT|DOUBLE)$/.test(b)) {
    return digitsOf[a] <= 10
      ? { type: 'DOUBLE' }
      : { type: 'DOUBLE', needs: 'small-integers' };
  }
  if (a === 'FLOAT' && b === 'DOUBLE') return { type: 'DOUBLE' };
  const [precision, scale] = decimalOf(a) ?? [];
  if (precision !== undefined && scale !== undefined) {
    const other = decimalOf(b) ?? (isWhole(b) ? [digitsOf[b], 0] : undefined);
    if (!other) return undefined;
    const after = Math.max(scale, other[1]);
    const before = Math.max(precision - scale, other[0] - other[1]);
    return before + after <= 38
      ? { type: `DECIMAL(${before + after},${after})` }
      : undefined;
  }
  const moments = [
    'DATE',
    'TIMESTAMP_S',
    'TIMESTAMP_MS',
    'TIMESTAMP',
    'TIMESTAMP_NS',
  ];
  const finer = Math.max(moments.indexOf(a), moments.indexOf(b));
  if (moments.includes(a) && moments.includes(b)) {
    return { type: moments[Math.max(finer, 3)] };
  }
  if (/^ENUM/.test(a) && (b === 'VARCHAR' || /^ENUM/.test(b))) {
    return { type: 'VARCHAR' };
  }
  return undefined;
}

function uniteWhole(a: string, b: string): string {
  const order = (type: string) =>
    signed.includes(type)
      ? { sign: true, size: signed.indexOf(type) }
      : { sign: false, size: unsigned.indexOf(type) };
  const [one, two] = [order(a), order(b)];
  if (one.sign === two.sign) {
    return (one.sign ? signed : unsigned)[Math.max(one.size, two.size)];
  }
  const [withSign, without] = one.sign ? [one, two] : [two, one];
  const size = Math.max(withSign.size, without.size + 1);
  return signed[size] ?? 'DECIMAL(20,0)';
}

function decimalOf(type: string): [number, number] | undefined {
  const match = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}
