import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import type { z } from 'zod';

/** What stands in a subject after the actor; a list is written with commas. */
type Parameters = Record<string, string | readonly string[] | undefined>;

/**
 * How an identity is spelled as the subject of a service principal, readable in the audit trail:
 * `<prefix><actor>?id=k3v9&groups=user:default/ann,group:default/diagnostics`.
 *
 * @remarks
 * Backstage keeps nothing of an external token but its subject, so everything the authorizer needs stands there.
 */
export class SubjectSpelling<T extends Parameters> {
  readonly #prefix: string;
  readonly #whose: string;
  readonly #schema: z.ZodType<T>;

  constructor(options: {
    prefix: string;
    /** For refusals: 'a token', 'a job'. */
    whose: string;
    /** Reads what stands after the question mark, text by name. */
    schema: z.ZodType<T>;
  }) {
    this.#prefix = options.prefix;
    this.#whose = options.whose;
    this.#schema = options.schema;
  }

  /** Undefined and empty values are left out. */
  format(actor: string, parameters: T): string {
    const query = Object.entries(parameters)
      .map(([key, value]) => [key, [value ?? []].flat().join(',')] as const)
      .filter(([, text]) => text)
      .map(([key, text]) => `${key}=${encode(text)}`);
    return `${this.#prefix}${actor}?${query.join('&')}`;
  }

  /**
   * Whom a subject speaks for; `undefined` for every other subject.
   *
   * @throws AuthenticationError for a subject that begins like one and is none: it must not pass for a service
   */
  parse(subject: string): { actor: string; parameters: T } | undefined {
    if (!subject.startsWith(this.#prefix)) return undefined;
    const rest = subject.slice(this.#prefix.length);
    const mark = rest.indexOf('?');
    const parsed = this.#schema.safeParse(
      Object.fromEntries(new URLSearchParams(rest.slice(mark + 1))),
    );
    if (mark < 1 || !parsed.success) {
      throw new AuthenticationError(
        `The subject '${subject}' is not that of ${
          this.#whose
        }, although it begins like one`,
      );
    }
    return { actor: rest.slice(0, mark), parameters: parsed.data };
  }
}

/** The subject of a service principal. */
export function subjectOf(
  credentials: BackstageCredentials,
): string | undefined {
  const { principal } = credentials;
  return typeof principal === 'object' &&
    principal !== null &&
    'subject' in principal &&
    typeof principal.subject === 'string'
    ? principal.subject
    : undefined;
}

/** The texts between the commas. */
export function words(text: string): string[] {
  return text.split(',').filter(Boolean);
}

// Colons, slashes and commas stay as they are, so that people can read the subject.
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|2C|40)/g, escaped =>
    decodeURIComponent(escaped),
  );
}
