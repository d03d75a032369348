import type {
  ColumnProfile,
  ColumnShift,
  DatasetDiff,
  DatasetVersion,
} from '@downstage/plugin-ml-data-common';

const change = (from: number, to: number) => ({ from, to, delta: to - from });

/** What changed between two versions; the columns that moved most come first. */
export function diffVersions(
  from: DatasetVersion,
  to: DatasetVersion,
): DatasetDiff {
  const before = new Map(from.schema.map(column => [column.name, column]));
  const after = new Map(to.schema.map(column => [column.name, column]));
  const profiles = new Map(
    to.profile.columns.map(column => [column.name, column]),
  );
  return {
    from: from.ref,
    to: to.ref,
    identical: from.digest === to.digest,
    rows: change(from.rows, to.rows),
    bytes: change(from.bytes, to.bytes),
    schema: {
      added: to.schema.filter(column => !before.has(column.name)),
      removed: from.schema.filter(column => !after.has(column.name)),
      changed: from.schema.flatMap(({ name, type }) => {
        const other = after.get(name);
        return other && other.type !== type
          ? [{ name, from: type, to: other.type }]
          : [];
      }),
    },
    columns: from.profile.columns
      .flatMap(column => {
        const other = profiles.get(column.name);
        return other ? [shiftOf(column, other)] : [];
      })
      .sort((a, b) => weight(b) - weight(a)),
  };
}

function shiftOf(from: ColumnProfile, to: ColumnProfile): ColumnShift {
  const both = (a?: number, b?: number) =>
    a === undefined || b === undefined ? undefined : change(a, b);
  const mean = both(from.mean, to.mean);
  const stddev = both(from.stddev, to.stddev);
  const median = both(from.quantiles?.p50, to.quantiles?.p50);
  return {
    name: from.name,
    nullRate: change(nullRate(from), nullRate(to)),
    distinct: change(from.distinct, to.distinct),
    ...(mean && { mean }),
    ...(stddev && { stddev }),
    ...(median && { median }),
    // A column that did not vary has no scale to measure a move by.
    ...(mean && from.stddev && { shift: mean.delta / from.stddev }),
  };
}

function nullRate({ count, nulls }: ColumnProfile) {
  return count + nulls === 0 ? 0 : nulls / (count + nulls);
}

function weight(shift: ColumnShift) {
  return Math.abs(shift.shift ?? 0) + Math.abs(shift.nullRate.delta);
}
