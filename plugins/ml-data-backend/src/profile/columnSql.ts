/** How DuckDB's many types are treated. */
export type ColumnClass = 'number' | 'category' | 'moment' | 'other';

export type FoundColumn = { name: string; type: string; class: ColumnClass };

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
  const name = quoted(column.name);
  return /^(FLOAT|DOUBLE)/.test(column.type)
    ? `CASE WHEN isnan(${name}) THEN NULL ELSE ${name} END`
    : name;
}

/** The finite values as DOUBLE; infinities are counted, but have no place in a mean or a histogram. */
export function finiteOf(column: FoundColumn): string {
  const value = `(${quoted(column.name)})::DOUBLE`;
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
  return [
    ...basic,
    as(`min(${finite})`, 'min'),
    as(`max(${finite})`, 'max'),
    as(`avg(${finite})`, 'mean'),
    as(`stddev_samp(${finite})`, 'stddev'),
    as(
      `quantile_cont(${finite}, [${quantileNames
        .map(([, at]) => at)
        .join(', ')}])`,
      'quantiles',
    ),
  ];
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

/** How many values lie below each inner edge: bin counts are the differences, and agree with the edges exactly. */
export function countsBelow(
  column: FoundColumn,
  index: number,
  edges: number[],
): string[] {
  const finite = finiteOf(column);
  return [
    `count(${finite})::DOUBLE AS h${index}_all`,
    ...edges
      .slice(1, -1)
      .map(
        (edge, i) =>
          `(count(*) FILTER (WHERE ${finite} < ${edge}::DOUBLE))::DOUBLE AS h${index}_${i}`,
      ),
  ];
}
