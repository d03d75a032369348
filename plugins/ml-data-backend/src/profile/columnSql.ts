/** How DuckDB's many types are treated. */
export type ColumnClass = 'number' | 'category' | 'moment' | 'other';

export type FoundColumn = {
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
function finiteOf(column: FoundColumn): string {
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

/** The aggregates of a column. Everything leaves DuckDB as DOUBLE or VARCHAR. */
export function aggregatesOf(
  column: FoundColumn,
  options: { exactDistinct: boolean },
): string[] {
  const value = valueOf(column);
  const comparable = column.class === 'other' ? `(${value})::VARCHAR` : value;
  const distinct = options.exactDistinct
    ? `count(DISTINCT ${comparable})`
    : `approx_count_distinct(${comparable})`;
  const basic = [
    `count(${value})::DOUBLE AS count`,
    `(${distinct})::DOUBLE AS distinct_values`,
  ];
  if (column.class === 'other') return basic;
  if (column.class !== 'number') {
    return [
      ...basic,
      `min(${value})::VARCHAR AS min`,
      `max(${value})::VARCHAR AS max`,
    ];
  }
  const finite = finiteOf(column);
  // A double is a number of JSON; other numbers leave as text, which keeps every digit.
  const bounds = /^(FLOAT|DOUBLE)/.test(column.type)
    ? [`min(${finite}) AS min`, `max(${finite}) AS max`]
    : [`min(${value})::VARCHAR AS min`, `max(${value})::VARCHAR AS max`];
  return [
    ...basic,
    ...bounds,
    `min(${finite}) AS least`,
    `max(${finite}) AS most`,
    `avg(${finite}) AS mean`,
    `quantile_cont(${finite}, [${quantileNames
      .map(([, at]) => at)
      .join(', ')}]) AS quantiles`,
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
 * The counts of the bins, and the spread. As in NumPy, a bin holds its left edge and not its right edge. Only the last
 * bin holds both.
 *
 * @remarks
 * DuckDB's bins are the other way round. Its right edges are therefore the greatest doubles below ours, and the last
 * is ours: the counts agree with the edges exactly. The edges come from a row of `edgesOf`.
 */
export function histogramOf(column: FoundColumn): string[] {
  const finite = finiteOf(column);
  const histogram = `histogram(${finite}, bins)`;
  return [
    `map_keys(${histogram}) AS keys`,
    `list_transform(map_values(${histogram}), n -> n::DOUBLE) AS counts`,
    `any_value(unit) * stddev_samp(${finite} / unit) AS stddev`,
  ];
}

/** The edges of one column as DuckDB wants them, and the unit that its spread is measured in. */
export function edgesOf(edges: number[]): string {
  const list = rightEdges(edges)
    .map(edge => `'${edge}'`)
    .join(', ');
  // Squares of the largest doubles are none: those are measured in units of the largest value.
  const largest = Math.max(...edges.map(Math.abs));
  return `[${list}]::DOUBLE[], '${largest > 1e150 ? largest : 1}'::DOUBLE`;
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
