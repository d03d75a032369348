import { InputError } from '@backstage/errors';

/** A model version or a data-set version: `default/tumour-malignancy@7`. */
export type VersionRef = { namespace: string; name: string; version: number };

/** MLflow's clients name models in any language; a name holds no slash, colon or control character. */
const pattern = /^(?:([a-zA-Z0-9._-]+)\/)?([^/:\p{Cc}]+)@(\d+)$/u;

/** `{ namespace: 'default', name: 'x', version: 7 }` becomes `default/x@7`, the one spelling everywhere. */
export function formatVersionRef(ref: VersionRef): string {
  return `${ref.namespace}/${ref.name}@${ref.version}`;
}

/**
 * Reads `namespace/name@version`; the namespace may be left out and is `default` then.
 *
 * @throws InputError when the text is anything else
 */
export function parseVersionRef(text: string): VersionRef {
  const match = pattern.exec(text);
  if (!match) {
    throw new InputError(
      `Not a version: '${text}' (expected namespace/name@7, as in default/tumour-malignancy@7)`,
    );
  }
  return {
    namespace: match[1] ?? 'default',
    name: match[2],
    version: Number(match[3]),
  };
}
