/** What a value of a text file looks like. */
export type ValueKind =
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'comma'
  | 'date'
  | 'moment'
  | 'fine-moment'
  | 'zoned-moment'
  | 'time'
  | 'text';

/**
 * Words that stand for "no value" in columns of numbers, dates and booleans: those of pandas, R, SQL and spreadsheets.
 * In columns of text they are text, unless the dialect names them: NA is a country, Null is a name.
 */
const nullWords: ReadonlySet<string> = new Set([
  ...['', 'NA', 'N/A', 'n/a', 'NaN', 'nan', '-NaN', '-nan', '<NA>'],
  ...['null', 'NULL', 'Null', 'None', '#N/A', '#NA', '#N/A N/A'],
  ...['1.#QNAN', '-1.#QNAN', '1.#IND', '-1.#IND'],
]);

export type Place = { file: string; line: number; value: string };

const integer = /^[+-]?(?:0|[1-9]\d*)$/;
const decimal =
  /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,9})?$/;
const comma = /^[+-]?(?:0|[1-9]\d*)?,\d+(?:[eE][+-]?\d{1,9})?$/;
const infinity = /^[+-]?inf(?:inity)?$/i;
const boolean = /^(?:true|false|True|False|TRUE|FALSE)$/;
const date = /^(\d{4})-(\d\d)-(\d\d)$/;
const moment =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;
const time = /^(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?$/;

const int64 = [-(2n ** 63n), 2n ** 63n - 1n];
const uint64 = 2n ** 64n - 1n;
const digits38 = 10n ** 38n;

/**
 * What all values of one column are, gathered one by one. Every value counts, not a sample of them.
 */
export class ColumnKinds {
  readonly name: string;
  /** How often each kind was seen, and where first. */
  readonly seen = new Map<ValueKind, { count: number; first: Place }>();
  /** Words for "no value" occurred. */
  hasNullWords = false;
  /** Spaces stand around a value, or a plus before one; a query that converts need not look for what is not there. */
  hasSpaces = false;
  hasPlus = false;
  /** A comma that can only be a decimal one: other than three digits follow it. */
  hasClearComma = false;
  /** Values with more digits than a double holds. */
  longerThanDouble = 0;
  #widest: 'int64' | 'uint64' | 'digits38' = 'int64';
  #negative = false;
  readonly #numberOf: (text: string) => string | undefined;
  readonly #commas: boolean;

  constructor(
    name: string,
    options: { decimal?: string; thousands?: string; commas: boolean },
  ) {
    this.name = name;
    this.#numberOf = numberReader(options);
    this.#commas = options.commas;
  }

  add(value: string, file: string, line: number): void {
    const text = trimmed(value);
    if (text.length !== value.length) this.hasSpaces = true;
    if (text.charCodeAt(0) === 43) this.hasPlus = true;
    if (nullWords.has(text)) {
      this.hasNullWords = true;
      return;
    }
    const kind = this.#kindOf(text);
    const known = this.seen.get(kind);
    if (known) known.count += 1;
    else this.seen.set(kind, { count: 1, first: { file, line, value } });
  }

  /** How many values there are, words for "no value" apart. */
  get values(): number {
    return [...this.seen.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** DuckDB's type that holds all of them, to the last digit. */
  type(options: { decimalComma: boolean }): string {
    const kinds = new Set(this.seen.keys());
    if (kinds.delete('comma')) {
      kinds.add(options.decimalComma ? 'decimal' : 'text');
    }
    const only = (...allowed: ValueKind[]) =>
      [...kinds].every(kind => allowed.includes(kind));
    if (!kinds.size || kinds.has('text')) return 'VARCHAR';
    if (only('boolean')) return 'BOOLEAN';
    if (only('integer')) return this.#integerType();
    if (only('integer', 'decimal')) return 'DOUBLE';
    if (only('date')) return 'DATE';
    if (only('date', 'moment')) return 'TIMESTAMP';
    if (only('date', 'moment', 'fine-moment')) return 'TIMESTAMP_NS';
    if (only('zoned-moment')) return 'TIMESTAMP WITH TIME ZONE';
    if (only('time')) return 'TIME';
    return 'VARCHAR';
  }

  #integerType() {
    if (this.#widest === 'int64') return 'BIGINT';
    return this.#widest === 'uint64' && !this.#negative
      ? 'UBIGINT'
      : 'DECIMAL(38,0)';
  }

  #kindOf(text: string): ValueKind {
    const number = this.#numberOf(text);
    if (number !== undefined) {
      if (integer.test(number)) return this.#integer(number);
      return this.#double(number);
    }
    const code = text.charCodeAt(0);
    if (boolean.test(text)) return 'boolean';
    if (code >= 48 && code <= 57) {
      const kind = calendarKind(text);
      if (kind) return kind;
    }
    if (this.#commas && comma.test(text)) {
      if (!/,\d{3}$/.test(text)) this.hasClearComma = true;
      return 'comma';
    }
    return infinity.test(text) ? 'decimal' : 'text';
  }

  #integer(text: string): ValueKind {
    if (text.charCodeAt(0) === 45) this.#negative = true;
    if (text.length <= 15) return 'integer';
    const value = BigInt(text.replace('+', ''));
    if (value >= digits38 || value <= -digits38) return 'text';
    if (value > uint64 || value < int64[0]) this.#widest = 'digits38';
    else if (value > int64[1] && this.#widest === 'int64') {
      this.#widest = 'uint64';
    }
    if (BigInt(Number(value)) !== value) this.longerThanDouble += 1;
    return 'integer';
  }

  #double(text: string): ValueKind {
    if (text.length > 15) {
      const value = Number(text);
      const mantissa = text.replace(/[eE].*$/, '').replace(/[^\d]/g, '');
      // Beyond the range of a double: a number of another size would be stored.
      if (!Number.isFinite(value)) return 'text';
      if (value === 0 && /[1-9]/.test(mantissa)) return 'text';
      if (mantissa.replace(/^0+|0+$/g, '').length > 17) {
        this.longerThanDouble += 1;
      }
      return 'decimal';
    }
    if (/[eE]/.test(text)) {
      const value = Number(text);
      const zero = value === 0 && /[1-9]/.test(text.replace(/[eE].*$/, ''));
      if (!Number.isFinite(value) || zero) return 'text';
    }
    return 'decimal';
  }
}

/** Without spaces and tabs around; nothing else counts as space here or in the query that converts. */
function trimmed(value: string): string {
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  const around = first === 32 || first === 9 || last === 32 || last === 9;
  return around ? value.replace(/^[ \t]+|[ \t]+$/g, '') : value;
}

/**
 * Makes the function that gives a number as JSON would write it. It gives `undefined` for text that is no number in the
 * dialect.
 */
function numberReader(options: { decimal?: string; thousands?: string }) {
  const point = options.decimal ?? '.';
  const { thousands } = options;
  if (point === '.' && !thousands) {
    return (text: string) => (decimal.test(text) ? text : undefined);
  }
  const group = thousands ? `\\${thousands}` : undefined;
  const whole = group
    ? `(?:\\d{1,3}(?:${group}\\d{3})+|0|[1-9]\\d*)`
    : '(?:0|[1-9]\\d*)';
  const pattern = new RegExp(
    `^[+-]?(?:${whole}(?:\\${point}\\d*)?|\\${point}\\d+)(?:[eE][+-]?\\d{1,9})?$`,
  );
  return (text: string) => {
    if (!pattern.test(text)) return undefined;
    const plain = thousands ? text.replaceAll(thousands, '') : text;
    return point === '.' ? plain : plain.replace(point, '.');
  };
}

function calendarKind(text: string): ValueKind | undefined {
  const day = date.exec(text);
  if (day) return isDay(day) ? 'date' : undefined;
  const at = moment.exec(text);
  if (at) {
    const [, year, , , hour, minute, second = '0', fraction = '', zone] = at;
    if (!isDay(at) || Number(hour) > 23 || Number(minute) > 59)
      return undefined;
    if (Number(second) > 59) return undefined;
    if (fraction.replace(/0+$/, '').length > 6) {
      const inRange = Number(year) > 1677 && Number(year) < 2262;
      return inRange && !zone ? 'fine-moment' : undefined;
    }
    return zone ? 'zoned-moment' : 'moment';
  }
  const clock = time.exec(text);
  if (!clock) return undefined;
  const [, hour, minute, second] = clock.map(Number);
  return hour < 24 && minute < 60 && second < 60 ? 'time' : undefined;
}

function isDay([, year, month, day]: RegExpExecArray): boolean {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (y < 1 || m < 1 || m > 12 || d < 1) return false;
  const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return d <= days[m - 1];
}
