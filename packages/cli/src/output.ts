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
