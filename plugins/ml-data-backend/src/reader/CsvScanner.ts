import { excerpt, refusal } from './Refusal';

/** The values of one record; `null` where nothing stands, `''` where two quotes stand. */
export type CsvRecord = (string | null)[];

const CR = 13;
const LF = 10;
/** A longer value is taken for a quote that was never closed. */
const longestValue = 16 * 1024 * 1024;
const mostColumns = 50_000;

/**
 * Cuts text into records, as RFC 4180 says: one quote opens a value, two within it are one, lines end with LF, CR LF or CR.
 *
 * @remarks
 * Nothing is guessed and nothing skipped: every record is handed on with the number of the line it begins at, empty
 * ones as one `null`. Text outside the grammar is refused with its line.
 */
export class CsvScanner {
  readonly #delimiter: number;
  readonly #quote: string;
  readonly #file: string;
  readonly #onRecord: (record: CsvRecord, line: number) => void;
  /** What has come and is not yet a whole record. */
  #rest = '';
  #line = 1;
  /** The text at hand, where its present record begins, and where each value of it does. */
  #text = '';
  #start = 0;
  readonly #starts: number[] = [];
  #end = 0;
  /** The line ends that were seen. */
  readonly lineEnds = new Set<'LF' | 'CR LF' | 'CR'>();

  constructor(options: {
    delimiter: string;
    quote: string;
    file: string;
    onRecord: (record: CsvRecord, line: number) => void;
  }) {
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quote = options.quote;
    this.#file = options.file;
    this.#onRecord = options.onRecord;
  }

  push(text: string): void {
    this.#scan(this.#rest + text, false);
  }

  /**
   * Where the value of that number begins in the line of the present record, in characters from one; behind the last
   * value is the end of the line. `undefined` when the record has several lines.
   */
  columnOf(value: number): number | undefined {
    return this.#columnAt(this.#starts[value] ?? this.#end);
  }

  /** The record that is begun and has not ended: the line it begins at, and how long it is so far. */
  get unfinished(): { line: number; length: number } {
    return { line: this.#line, length: this.#rest.length };
  }

  #columnAt(at: number): number | undefined {
    const before = this.#text.slice(this.#start, at);
    return /[\r\n]/.test(before) ? undefined : before.length + 1;
  }

  /** The last record, whether a line end follows it or not. */
  end(): void {
    this.#scan(this.#rest, true);
  }

  #scan(text: string, last: boolean): void {
    let at = 0;
    this.#text = text;
    while (at < text.length) {
      const next = this.#record(text, at, last);
      if (next === undefined) break;
      at = next;
    }
    this.#rest = text.slice(at);
    if (this.#rest.length > longestValue) throw this.#tooLong();
  }

  /** The place after the record, or `undefined` when it is not complete. */
  #record(text: string, start: number, last: boolean): number | undefined {
    const record: CsvRecord = [];
    const quoteCode = this.#quote.charCodeAt(0);
    let line = this.#line;
    let at = start;
    this.#start = start;
    this.#starts.length = 0;
    for (;;) {
      if (record.length > mostColumns) throw this.#tooWide();
      this.#starts.push(at);
      let value: string | null;
      let end: number;
      if (text.charCodeAt(at) === quoteCode) {
        const close = closingQuote(text, at + 1, this.#quote);
        if (close === undefined || (close + 1 === text.length && !last)) {
          if (!last) return undefined;
          if (close === undefined) throw this.#unclosed(line, at);
        }
        const inner = text.slice(at + 1, close);
        value = inner.includes(this.#quote)
          ? inner.replaceAll(this.#quote + this.#quote, this.#quote)
          : inner;
        line += lineEndsIn(inner);
        end = close! + 1;
        const code = text.charCodeAt(end);
        if (
          end < text.length &&
          code !== this.#delimiter &&
          code !== LF &&
          code !== CR
        ) {
          throw this.#afterQuote(line, text.slice(at, end + 20), end);
        }
      } else {
        end = at;
        for (; end < text.length; end += 1) {
          const code = text.charCodeAt(end);
          if (code === this.#delimiter || code === LF || code === CR) break;
        }
        value = end === at ? null : text.slice(at, end);
      }
      if (end >= text.length) {
        if (!last) return undefined;
        record.push(value);
        this.#end = end;
        this.#onRecord(record, this.#line);
        return end;
      }
      record.push(value);
      const code = text.charCodeAt(end);
      if (code === this.#delimiter) {
        at = end + 1;
        // A delimiter at the very end of the file: one more value, and it is empty.
        if (at === text.length) {
          if (!last) return undefined;
          record.push(null);
          this.#starts.push(at);
          this.#end = at;
          this.#onRecord(record, this.#line);
          return at;
        }
        continue;
      }
      // CR at the end of what has come: LF may follow.
      if (code === CR && end + 1 === text.length && !last) return undefined;
      const two = code === CR && text.charCodeAt(end + 1) === LF;
      this.lineEnds.add(lineEndName(code, two));
      this.#end = end;
      this.#onRecord(record, this.#line);
      this.#line = line + 1;
      return end + (two ? 2 : 1);
    }
  }

  #unclosed(line: number, at: number) {
    return refusal({
      file: this.#file,
      line,
      column: this.#columnAt(at),
      found: `a quote (${this.#quote}) is opened and never closed`,
      allowed: 'Close it, or declare another spec.location.quote',
    });
  }

  #afterQuote(line: number, text: string, at: number) {
    return refusal({
      file: this.#file,
      line,
      column: this.#columnAt(at),
      found: `text follows a closing quote: ${excerpt(text)}`,
      allowed: `A quote within a quoted value is written twice (${this.#quote}${
        this.#quote
      }); after the closing one comes a delimiter or the end of the line`,
    });
  }

  #tooLong() {
    return refusal({
      file: this.#file,
      line: this.#line,
      found: `a record of more than ${longestValue} characters begins here`,
      allowed: 'Close the quote that is open, or shorten the value',
    });
  }

  #tooWide() {
    return refusal({
      file: this.#file,
      line: this.#line,
      found: `there are more than ${mostColumns} values`,
      allowed: `A table has at most ${mostColumns} columns`,
    });
  }
}

/** Where the quote that ends a value is; doubled ones are part of it. */
function closingQuote(text: string, from: number, quote: string) {
  for (let at = text.indexOf(quote, from); at >= 0; ) {
    if (text[at + 1] !== quote) return at;
    at = text.indexOf(quote, at + 2);
  }
  return undefined;
}

function lineEndName(code: number, two: boolean) {
  if (two) return 'CR LF';
  return code === CR ? 'CR' : 'LF';
}

function lineEndsIn(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === LF || (code === CR && text.charCodeAt(i + 1) !== LF)) {
      count += 1;
    }
  }
  return count;
}
