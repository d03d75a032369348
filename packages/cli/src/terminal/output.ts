import { plainJson, plainLine, plainText } from './plainText';

/** Where a command writes: what was asked for, and what is said beside it. */
export type Output = {
  /** Something of what was asked for, on lines of its own. */
  result: (text: string) => void;
  /** A piece of what was asked for, with its own ends of lines. */
  piece: (text: string) => void;
  /** What was asked for, as programs read it; a file gets every character. */
  json: (value: unknown) => void;
  file: (text: string) => void;
  note: (text: string) => void;
  /**
   * How far something is. A terminal shows one line that changes, with what passes beside it.
   * A pipe gets a line for each change of the text.
   */
  progress: (text: string, passing?: string) => void;
};

type Stream = {
  write: (text: string) => unknown;
  isTTY?: boolean;
  columns?: number;
};

/**
 * Results to standard output, so that they can be piped; everything else to standard error. Whatever is written is
 * plain: no text from a portal moves the cursor of a terminal.
 */
export function createTerminal(streams: {
  stdout: Stream;
  stderr: Stream;
}): Output {
  const { stdout, stderr } = streams;
  let shown = '';
  const write = (stream: Stream, text: string) => {
    if (shown && stderr.isTTY) stderr.write('\r\u001b[2K');
    shown = '';
    stream.write(text);
  };
  return {
    result: text => write(stdout, `${plainText(text)}\n`),
    piece: text => write(stdout, plainText(text)),
    json: value => write(stdout, `${plainJson(value)}\n`),
    file: text => write(stdout, `${stdout.isTTY ? plainText(text) : text}\n`),
    note: text => write(stderr, `${plainText(text)}\n`),
    progress: (text, passing) => {
      const line = plainLine(text);
      if (!stderr.isTTY) {
        if (line !== shown) stderr.write(`${line}\n`);
        shown = line;
        return;
      }
      const whole = passing ? `${line} (${passing})` : line;
      const most = (stderr.columns ?? 80) - 1;
      shown = whole.length > most ? `${whole.slice(0, most - 1)}…` : whole;
      stderr.write(`\r\u001b[2K${shown}`);
    },
  };
}

export const terminal = createTerminal(process);

/** Columns side by side under their names; what is missing is a dash. */
export function table(
  rows: readonly Record<string, string | number | undefined>[],
  columns: readonly string[],
): string {
  const cells = [
    columns.map(name => name.toUpperCase()),
    ...rows.map(row =>
      columns.map(name => plainLine(String(row[name] ?? '–'))),
    ),
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
  if (options.json) output.json(items);
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
