/** How DuckDB's many types are treated. */
export type ColumnClass = 'number' | 'category' | 'moment' | 'other';

export type FoundColumn = {
  name: string;
  /** What the column is called in the query. */
  sql: string;
  type: string;
  class: ColumnClass;
};

const numbers =
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/;

export function classOf(type: string): ColumnClass {
  if (/[[(]\d*\]$|^(STRUCT|MAP|UNION|BLOB|BIT)/.test(type)) return 'other';
  if (numbers.test(type)) return 'number';
  if (/^(VARCHAR|BOOLEAN|ENUM|UUID)/.test(type)) return 'category';
  if (/^(DATE|TIME|INTERVAL)/.test(type)) return 'moment';
  return 'other';
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The column as its figures see it: NaN is a missing value, as pandas writes it. */
export function valueOf(column: FoundColumn): string {
  const name = column.sql;
  return /^(FLOAT|DOUBLE)/.test(column.type)
    ? `CASE WHEN isnan(${name}) THEN NULL ELSE ${name} END`
    : name;
}

/** The finite values as DOUBLE; infinities are counted, but have no place in a mean or a histogram. */
export function finiteOf(column: FoundColumn): string {
  const value = `(${column.sql})::DOUBLE`;
  return `CASE WHEN isfinite(${value}) THEN ${value} END`;
}

export const quantileNames = [
  ['p01', 0.01],
  ['p05', 0.05],
  ['p25', 0.25],
  ['p50', 0.5],
  ['p75', 0.75],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;

/** The aggregates of one column, named by its place: `c3_mean`. Everything leaves DuckDB as DOUBLE or VARCHAR. */
export function aggregatesOf(
  column: FoundColumn,
  index: number,
  options: { exactDistinct: boolean },
): string[] {
  const value = valueOf(column);
  const as = (sql: string, name: string) => `${sql} AS c${index}_${name}`;
  const comparable = column.class === 'other' ? `(${value})::VARCHAR` : value;
  const distinct = options.exactDistinct
    ? `count(DISTINCT ${comparable})`
    : `approx_count_distinct(${comparable})`;
  const basic = [
    as(`count(${value})::DOUBLE`, 'count'),
    as(`(${distinct})::DOUBLE`, 'distinct'),
  ];
  if (column.class === 'other') return basic;
  if (column.class !== 'number') {
    return [
      ...basic,
      as(`min(${value})::VARCHAR`, 'min'),
      as(`max(${value})::VARCHAR`, 'max'),
    ];
  }
  const finite = finiteOf(column);
  // A double is a number of JSON; other numbers leave as text, which keeps every digit.
  const bounds = /^(FLOAT|DOUBLE)/.test(column.type)
    ? [as(`min(${finite})`, 'min'), as(`max(${finite})`, 'max')]
    : [
        as(`min(${value})::VARCHAR`, 'min'),
        as(`max(${value})::VARCHAR`, 'max'),
      ];
  return [
    ...basic,
    ...bounds,
    as(`min(${finite})`, 'least'),
    as(`max(${finite})`, 'most'),
    as(`avg(${finite})`, 'mean'),
    as(
      `quantile_cont(${finite}, [${quantileNames
        .map(([, at]) => at)
        .join(', ')}])`,
      'quantiles',
    ),
  ];
}

/** A number where JSON keeps it to the digit, else its digits as text. */
export function exactNumber(text: string): number | string {
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '');
  if (digits.length <= 15) return Number(text);
  const value = Number(text);
  return !text.includes('.') && Number.isSafeInteger(value) ? value : text;
}

const bins = 20;

/** Twenty equal bins from the smallest to the largest value; one when all values are the same. */
export function histogramEdges(min: number, max: number): number[] {
  if (min === max) return [min, max];
  const range = max - min;
  return Array.from({ length: bins + 1 }, (_, i) => {
    if (i === bins) return max;
    return Number.isFinite(range)
      ? min + (i * range) / bins
      : min * (1 - i / bins) + max * (i / bins);
  });
}

/**
 * The counts of the bins, left edge in and right edge out save for the last, as NumPy counts.
 *
 * @remarks
 * DuckDB's bins are the other way round. Its right edges are therefore the greatest doubles below ours, and the last
 * is ours: the counts agree with the edges exactly.
 */
export function histogramOf(
  column: FoundColumn,
  index: number,
  edges: number[],
): string[] {
  const list = rightEdges(edges)
    .map(edge => `'${edge}'::DOUBLE`)
    .join(', ');
  const finite = finiteOf(column);
  const histogram = `histogram(${finite}, [${list}])`;
  // Squares of the largest doubles are none: those are measured in units of the largest value.
  const largest = Math.max(...edges.map(Math.abs));
  const unit = largest > 1e150 ? `'${largest}'::DOUBLE` : '1.0::DOUBLE';
  return [
    `map_keys(${histogram}) AS k${index}`,
    `list_transform(map_values(${histogram}), n -> n::DOUBLE) AS h${index}`,
    `${unit} * stddev_samp(${finite} / ${unit}) AS s${index}`,
  ];
}

export function rightEdges(edges: number[]): number[] {
  return [...edges.slice(1, -1).map(justBelow), edges[edges.length - 1]];
}

/** The greatest double less than `value`. */
function justBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] += value > 0 ? -1n : 1n;
  return new Float64Array(bits.buffer)[0];
}
