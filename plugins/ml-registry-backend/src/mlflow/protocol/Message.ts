import { InputError } from '@backstage/errors';
import { isInt64, rawJson, toInt64, type Int64 } from '../../kernel/int64';

const NUMBER = /^[+-]?(?:Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;

/** A JSON number with its spelling, so that `9.0` is quoted back as `9.0`. */
class NumberText {
  readonly value: number;
  readonly source: string;
  constructor(value: number, source: string) {
    this.value = value;
    this.source = source;
  }
}

type Fields = { [name: string]: unknown };

/** Names in camel case; there are as many as the API has fields. */
const camelCase = new Map<string, string>();

/**
 * A request as protobuf's JSON reading sees it: snake_case or camelCase names,
 * numbers also as strings, enums by name or number, null as absent, unknown
 * fields ignored. A field of the wrong kind is an `InputError` in MLflow's words.
 */
export class Message {
  readonly #fields: Fields;
  /** The same fields with numbers as they were spelled: read again when a mistake has to be quoted, which is rare. */
  readonly #spelled: () => Fields;

  private constructor(fields: Fields, spelled: () => Fields = () => fields) {
    this.#fields = fields;
    this.#spelled = spelled;
  }

  /** From a body. What is not JSON reads as an empty message, as MLflow does; a string may hold JSON. */
  static fromJson(text: string): Message {
    return new Message(readObject(text, 2), () =>
      readObject(text, 2, keepSpelling),
    );
  }

  /** From query parameters, each given once or several times. */
  static fromQuery(query: URLSearchParams): Message {
    const fields: Fields = Object.create(null);
    for (const key of new Set(query.keys())) {
      const values = query.getAll(key);
      fields[key] = values.length === 1 ? values[0] : values;
    }
    return new Message(fields);
  }

  /** Adds what stands in the path. */
  with(values: Record<string, string>): Message {
    const add = (fields: Fields) =>
      Object.assign(Object.create(null), fields, values);
    return new Message(add(this.#fields), () => add(this.#spelled()));
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  string(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    // No database keeps a zero byte.
    if (typeof value === 'string' && !value.includes('\0')) return value;
    throw this.#invalid(name);
  }

  /** As text for people, whatever it is; for logs, never for decisions. */
  text(name: string): string | undefined {
    const value = this.#get(name);
    return typeof value === 'string' || typeof value === 'number'
      ? String(value).slice(0, 500)
      : undefined;
  }

  /** Present, and not empty. */
  required(name: string): string {
    const value = this.string(name);
    if (!value) throw missing(name);
    return value;
  }

  /** Present; may be empty. */
  present(name: string): string {
    const value = this.string(name);
    if (value === undefined) throw missing(name);
    return value;
  }

  integer(name: string): number | undefined {
    const number = this.#number(name);
    if (number === undefined) return undefined;
    if (!Number.isSafeInteger(number)) throw this.#invalid(name);
    return number;
  }

  /** An integer to its last digit, as steps and times of metrics are. */
  int64(name: string): Int64 | undefined {
    const number = this.#number(name);
    if (number === undefined || Number.isSafeInteger(number)) return number;
    if (!Number.isInteger(number)) throw this.#invalid(name);
    const text = spell(this.#spelledAt(name));
    // Python's reader takes 1e18 for an integer too.
    const exact = BigInt(/^-?\d+$/.test(text) ? text : number);
    if (!isInt64(exact)) throw this.#invalid(name);
    return toInt64(exact);
  }

  /** A double; NaN and infinities arrive as strings. */
  double(name: string): number | undefined {
    const value = this.#get(name);
    // To Python's reader true is the number 1.
    if (typeof value === 'boolean') return Number(value);
    return this.#number(name);
  }

  boolean(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'True') return true;
    if (value === 'false' || value === 'False') return false;
    throw this.#invalid(name);
  }

  /** One of the names; `values[n]` is what the number n + `first` stands for. */
  choice<T extends string>(
    name: string,
    values: readonly T[],
    first = 1,
  ): T | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const found =
      values.find(known => known === value) ??
      (/^\d+$/.test(String(value)) ? values[Number(value) - first] : undefined);
    if (!found) throw this.#invalid(name, ` Allowed are ${values.join(', ')}`);
    return found;
  }

  /** Any value, as JSON with its numbers as they were spelled. */
  json(name: string): string | undefined {
    if (this.#get(name) === undefined) return undefined;
    const text = JSON.stringify(this.#spelledAt(name), (_, inner) =>
      inner instanceof NumberText ? rawJson(inner.source) : inner,
    );
    // No database keeps a zero byte.
    if (text.includes('\\u0000')) throw this.#invalid(name);
    return text;
  }

  strings(name: string): string[] {
    return this.#list(name).map(item => {
      if (typeof item === 'string' && !item.includes('\0')) return item;
      throw this.#invalid(name);
    });
  }

  messages(name: string): Message[] {
    return this.#list(name).map((item, index) => {
      if (isFields(item)) {
        return new Message(item, () => {
          const list = this.#spelledAt(name);
          return asFields(Array.isArray(list) ? list[index] : undefined);
        });
      }
      throw this.#invalid(name);
    });
  }

  message(name: string): Message | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (isFields(value)) {
      return new Message(value, () => asFields(this.#spelledAt(name)));
    }
    throw this.#invalid(name);
  }

  /** A map of strings; `undefined` when it is absent. */
  stringMap(name: string): Record<string, string> | undefined {
    const map = this.message(name);
    if (!map) return undefined;
    const keys = Object.keys(map.#fields).filter(key => map.has(key));
    return Object.fromEntries(keys.map(key => [key, map.present(key)]));
  }

  #list(name: string): unknown[] {
    const value = this.#get(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    if (typeof value === 'string') return [value];
    throw this.#invalid(name);
  }

  #number(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number') return value;
    if (typeof value === 'string' && NUMBER.test(value)) return Number(value);
    if (value === 'NaN') return NaN;
    throw this.#invalid(name);
  }

  #get(name: string): unknown {
    return pick(this.#fields, name);
  }

  #spelledAt(name: string): unknown {
    return pick(this.#spelled(), name);
  }

  #invalid(name: string, allowed = ''): InputError {
    const text = spell(this.#spelledAt(name)).slice(0, 200);
    return new InputError(
      `Invalid value ${text} for parameter '${name}' supplied.${allowed}`,
    );
  }
}

function pick(fields: Fields, name: string): unknown {
  let camel = camelCase.get(name);
  if (camel === undefined) {
    camel = name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
    camelCase.set(name, camel);
  }
  return fields[name] ?? fields[camel] ?? undefined;
}

export function missing(name: string): InputError {
  return new InputError(`Missing value for required parameter '${name}'.`);
}

function spell(value: unknown): string {
  if (value instanceof NumberText) return value.source;
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, inner) =>
    inner instanceof NumberText ? inner.value : inner,
  );
}

type Reviver = Parameters<typeof JSON.parse>[1];

function keepSpelling(
  _key: string,
  inner: unknown,
  context?: { source?: string },
) {
  return typeof inner === 'number'
    ? new NumberText(inner, context?.source ?? String(inner))
    : inner;
}

function readObject(text: string, depth: number, reviver?: Reviver): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text, reviver);
  } catch {
    return Object.create(null);
  }
  if (typeof value === 'string' && depth > 1)
    return readObject(value, depth - 1, reviver);
  return asFields(value);
}

function asFields(value: unknown): Fields {
  return isFields(value) ? value : Object.create(null);
}

function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof NumberText)
  );
}
