import type { RunRow } from './runRow';

/** A line of the table: a run at some depth, or the head of a group with what its runs have in common. */
export type Line =
  | {
      kind: 'run';
      id: string;
      row: RunRow;
      depth: number;
      children: number;
      expanded: boolean;
      pinned: boolean;
    }
  | { kind: 'group'; id: string; group: RunGroup; expanded: boolean };

/** Runs with the same value, and numbers over them. */
type RunGroup = {
  key: string;
  value: string | undefined;
  count: number;
  runIds: string[];
  aggregates: Record<string, Aggregate>;
};
export type Aggregate = { mean: number; min: number; max: number; n: number };

/** How the table is arranged, as the reader chose. */
export type Arrangement = {
  nested: boolean;
  /** A param or tag column, `job` or `datasets`. */
  groupBy?: string;
  pinned: ReadonlySet<string>;
  hidden: ReadonlySet<string>;
  showHidden: boolean;
  /** Runs and groups that were folded or unfolded against the habit: groups are open, parents closed. */
  toggled: ReadonlySet<string>;
};

/**
 * Lays rows out as lines: pinned runs first, then groups or nested runs, hidden ones left out. The order of the rows
 * is kept; a child whose parent is not among them stands by itself.
 */
export function arrangeRuns(
  rows: readonly RunRow[],
  arrangement: Arrangement,
  columns: readonly string[] = [],
): Line[] {
  const { pinned, hidden, showHidden, groupBy, nested, toggled } = arrangement;
  const shown = showHidden ? rows : rows.filter(row => !hidden.has(row.runId));
  const lines: Line[] = shown
    .filter(row => pinned.has(row.runId))
    .map(row => plain(row, true));
  const rest = shown.filter(row => !pinned.has(row.runId));
  if (groupBy) return [...lines, ...grouped(rest, groupBy, columns, toggled)];
  if (!nested) {
    for (const row of rest) lines.push(plain(row, false));
    return lines;
  }
  return [...lines, ...nestedLines(rest, toggled)];
}

function plain(row: RunRow, pinned: boolean, depth = 0): Line {
  return {
    kind: 'run',
    id: row.runId,
    row,
    depth,
    children: 0,
    expanded: false,
    pinned,
  };
}

function nestedLines(
  rows: readonly RunRow[],
  toggled: ReadonlySet<string>,
): Line[] {
  const known = new Set(rows.map(row => row.runId));
  const children = new Map<string, RunRow[]>();
  const roots: RunRow[] = [];
  for (const row of rows) {
    const { parentRunId } = row;
    if (!parentRunId || parentRunId === row.runId || !known.has(parentRunId)) {
      roots.push(row);
      continue;
    }
    const siblings = children.get(parentRunId);
    if (siblings) siblings.push(row);
    else children.set(parentRunId, [row]);
  }
  const lines: Line[] = [];
  const seen = new Set<string>();
  const visit = (row: RunRow, depth: number) => {
    // Tags can say anything, also that two runs are each other's parents.
    if (seen.has(row.runId)) return;
    seen.add(row.runId);
    const own = children.get(row.runId) ?? [];
    const expanded = own.length > 0 && toggled.has(row.runId);
    lines.push({
      kind: 'run',
      id: row.runId,
      row,
      depth,
      children: own.length,
      expanded,
      pinned: false,
    });
    if (expanded) for (const child of own) visit(child, depth + 1);
  };
  for (const root of roots) visit(root, 0);
  if (roots.length === 0) for (const row of rows) visit(row, 0);
  return lines;
}

function grouped(
  rows: readonly RunRow[],
  groupBy: string,
  columns: readonly string[],
  toggled: ReadonlySet<string>,
): Line[] {
  const groups = new Map<string | undefined, RunRow[]>();
  for (const row of rows) {
    const value = groupValue(row, groupBy);
    const group = groups.get(value);
    if (group) group.push(row);
    else groups.set(value, [row]);
  }
  return [...groups].flatMap(([value, members]): Line[] => {
    const id = `group:${value ?? ''}`;
    const expanded = !toggled.has(id);
    return [
      {
        kind: 'group',
        id,
        expanded,
        group: {
          key: groupBy,
          value,
          count: members.length,
          runIds: members.map(row => row.runId),
          aggregates: aggregate(members, columns),
        },
      },
      ...(expanded ? members.map(row => plain(row, false, 1)) : []),
    ];
  });
}

function groupValue(row: RunRow, groupBy: string): string | undefined {
  if (groupBy === 'job') return row.jobId;
  if (groupBy === 'datasets') return row.datasets;
  const value = row.values[groupBy];
  return value === undefined ? undefined : String(value);
}

/** Mean, least and greatest of the metrics and of how long the runs took. */
function aggregate(
  rows: readonly RunRow[],
  columns: readonly string[],
): Record<string, Aggregate> {
  const result: Record<string, Aggregate> = {};
  for (const column of columns) {
    const numbers = rows.flatMap(row => {
      const value =
        column === 'duration'
          ? row.endTime && row.endTime - row.startTime
          : row.values[column];
      return typeof value === 'number' ? [value] : [];
    });
    if (numbers.length === 0) continue;
    let min = Infinity;
    let max = -Infinity;
    let sum = 0;
    for (const number of numbers) {
      min = Math.min(min, number);
      max = Math.max(max, number);
      sum += number;
    }
    result[column] = {
      mean: sum / numbers.length,
      min,
      max,
      n: numbers.length,
    };
  }
  return result;
}
