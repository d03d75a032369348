/** Where a command writes: what was asked for, and what is said beside it. */
export type Output = {
  result: (text: string) => void;
  note: (text: string) => void;
};

/** Results to standard output, so that they can be piped; everything else to standard error. */
export const terminal: Output = {
  result: text => process.stdout.write(`${text}\n`),
  note: text => process.stderr.write(`${text}\n`),
};

/** Columns side by side under their names; what is missing is a dash. */
export function table(
  rows: readonly Record<string, string | number | undefined>[],
  columns: readonly string[],
): string {
  const cells = [
    columns.map(name => name.toUpperCase()),
    ...rows.map(row => columns.map(name => String(row[name] ?? '–'))),
  ];
  const widths = columns.map((_, at) =>
    Math.max(...cells.map(line => line[at].length)),
  );
  return cells
    .map(line =>
      line
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Machines get JSON when they ask for it, people a table. */
export function show(
  output: Output,
  items: readonly object[],
  options: {
    json: boolean;
    rows: Record<string, string | number | undefined>[];
    columns: string[];
    nothing: string;
  },
) {
  if (options.json) output.result(JSON.stringify(items, undefined, 2));
  else if (items.length === 0) output.note(options.nothing);
  else output.result(table(options.rows, options.columns));
}

/**
 * A few metrics on a line: those asked for first and all of them, then others by name, up to `most`.
 */
export function fewMetrics(
  metrics: Readonly<Record<string, number>>,
  options: { first: readonly string[]; most: number },
): string | undefined {
  const asked = options.first.filter(name => metrics[name] !== undefined);
  const rest = Object.keys(metrics).sort();
  const names = [...new Set([...asked, ...rest])];
  return (
    names
      .slice(0, Math.max(options.most, new Set(asked).size))
      .map(name => `${name}=${metrics[name].toPrecision(4)}`)
      .join(' ') || undefined
  );
}

/**
 * The names of the metrics that a filter or an order speaks of, in its order: `metrics.auc > 0.9`, `metrics."val loss" DESC`.
 * A text in quotes is a value, and may say anything.
 */
export function metricsIn(text: string): string[] {
  const parts =
    /'(?:[^']|'')*'|\bmetrics?\s*\.\s*(?:"([^"]+)"|`([^`]+)`|([\p{L}\p{N}_/-]+))|"[^"]*"/giu;
  return [...text.matchAll(parts)].flatMap(
    ([, doubled, backticked, plain]) => doubled ?? backticked ?? plain ?? [],
  );
}

/** The metrics that gates ask for: a metric's gate is named after it, `val_auc at least 0.9`. */
export function metricsOfGates(version: {
  metrics: Readonly<Record<string, number>>;
  gates: readonly { gate: string }[];
}): string[] {
  // The longest first: `auc` must not answer for `auc macro`.
  const names = Object.keys(version.metrics).sort(
    (a, b) => b.length - a.length,
  );
  return version.gates.flatMap(
    ({ gate }) => names.find(name => gate.startsWith(`${name} `)) ?? [],
  );
}
