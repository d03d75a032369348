import type { RootConfigService } from '@backstage/backend-plugin-api';

/** Tokens of jobs and access tokens, of every owner. */
const tokens = ['dsjob_[\\w-]{20,}', 'dst_[\\w-]{20,}'];
const shortest = 8;
/** A secret that is longer is found where a log is read whole, and not where two pieces share it. */
export const longestSecret = 1024;
// cspell:ignore dsjo
/** The begin of a token whose rest is still to come. */
const begunToken =
  /(?:d|ds|dst|dst_[\w-]{0,19}|dsj|dsjo|dsjob|dsjob_[\w-]{0,19})$/;
/** Asking the whole config is bounded by what one expression may hold. */
const mostSecrets = 1_000;

/**
 * An expression that finds secrets in text: as they are, as JSON or an address would write them, and inside of base64,
 * which is how `Authorization: Basic` carries them. It works on bytes read as latin1, so what replaces a secret can have its length.
 */
export function expressionOfSecrets(secrets: readonly string[]): string {
  const literal = literalsOf(secrets).map(form =>
    form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  );
  return [...literal, ...tokens].join('|');
}

/** How secrets may stand in text, each byte as a character. */
function literalsOf(secrets: readonly string[]): string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    for (const line of secret.split(/\r?\n/)) {
      if (line.trim().length < shortest) continue;
      for (const form of formsOf(line.trim())) forms.add(form);
    }
  }
  return (
    [...forms]
      // A longer one first: where one secret begins with another, the rest would stay.
      .sort((a, b) => b.length - a.length)
      .map(form => Buffer.from(form, 'utf8').toString('latin1'))
  );
}

/** What no reader of a log sees: secrets, and the begin of one whose rest has not been written yet. */
export class Secrets {
  readonly #expression: RegExp;
  readonly #byFirst = new Map<string, string[]>();

  constructor(secrets: readonly string[]) {
    this.#expression = new RegExp(expressionOfSecrets(secrets), 'g');
    for (const literal of literalsOf(secrets)) {
      const same = this.#byFirst.get(literal[0]) ?? [];
      this.#byFirst.set(literal[0], [...same, literal]);
    }
  }

  mask(bytes: Buffer): Buffer {
    return maskBytes(bytes, this.#expression);
  }

  /** How many bytes at the end may be the begin of a secret. */
  begunAtEnd(bytes: Buffer): number {
    const text = bytes.subarray(-longestSecret).toString('latin1');
    const token = begunToken.exec(text)?.[0].length ?? 0;
    for (let at = 0; at < text.length - token; at++) {
      const rest = text.slice(at);
      const isBegin = this.#byFirst
        .get(text[at])
        ?.some(one => one.length > rest.length && one.startsWith(rest));
      if (isBegin) return rest.length;
    }
    return token;
  }
}

function formsOf(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...base64sOf(secret),
  ];
}

/**
 * The part of the base64 of any text around a secret that the secret alone decides. There is one for each place it may
 * stand at.
 */
function base64sOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2].flatMap(before => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(
      'base64',
    );
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    const sure = text.slice(from, to);
    if (sure.length < shortest) return [];
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Hides what the expression finds, byte by byte, so that offsets stay what they are. */
export function maskBytes(bytes: Buffer, expression: RegExp): Buffer {
  const text = bytes.toString('latin1');
  const masked = text.replace(expression, found => '*'.repeat(found.length));
  return masked === text ? bytes : Buffer.from(masked, 'latin1');
}

/** Values of the configuration whose name says that they are secret. */
export function secretsOfConfig(root: RootConfigService): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, name: string) => {
    if (found.size >= mostSecrets) return;
    if (Array.isArray(value)) value.forEach(item => walk(item, name));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, key);
    } else if (
      typeof value === 'string' &&
      value.length >= shortest &&
      /secret|password|token|credential|private|(signing|access|api|encryption)_?key$|^key$/i.test(
        name,
      )
    ) {
      found.add(value);
    }
  };
  walk(root.getOptional(), '');
  return [...found];
}
