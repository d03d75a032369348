import { CsvScanner } from './CsvScanner';
import { refusal } from './Refusal';

const candidates = [',', ';', '\t', '|'];
const names: Record<string, string> = { '\t': 'tab' };

/** A delimiter as messages show it. */
export const shown = (delimiter: string) =>
  names[delimiter] ?? `'${delimiter}'`;

/**
 * The delimiter of a file, by its header: the one that cuts it.
 *
 * @remarks
 * Where several do, the records that follow decide: the right one gives each of them as many values as the header
 * has names. Where that does not decide either, nobody is asked to live with a guess.
 * `undefined` when none cuts the header: the file has one column, or says nothing about the matter.
 */
export function sniffDelimiter(options: {
  file: string;
  /** The beginning of the file. */
  sample: string;
  quote: string;
}): string | undefined {
  const { file, sample, quote } = options;
  const found = candidates
    .map(delimiter => ({
      delimiter,
      ...widths(sample, { delimiter, quote, file }),
    }))
    .filter(({ header }) => header > 1);
  if (found.length <= 1) return found[0]?.delimiter;
  const tab = found.find(({ delimiter }) => delimiter === '\t');
  if (tab && /\.tsv$/i.test(file)) return '\t';
  const even = found.filter(each => each.even);
  if (even.length === 1) return even[0].delimiter;
  throw refusal({
    file,
    line: 1,
    found: `the delimiter is not clear: ${found
      .map(each => `${shown(each.delimiter)} gives ${each.header} names`)
      .join(', ')}`,
    allowed: "Declare it, as in spec.location.delimiter: ';'",
  });
}

function widths(
  sample: string,
  options: { delimiter: string; quote: string; file: string },
) {
  let header = 0;
  let even = true;
  let rows = 0;
  const scanner = new CsvScanner({
    ...options,
    onRecord: record => {
      if (!header) header = record.length;
      else if (record.length === header) rows += 1;
      else if (record.length > 1 || record[0] !== null) even = false;
    },
  });
  try {
    scanner.push(sample);
    // A file without a line end is all header.
    if (!header) scanner.end();
  } catch {
    even = false;
  }
  return { header, even: even && (rows > 0 || header > 0) };
}
