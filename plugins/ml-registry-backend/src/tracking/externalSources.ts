import { InputError } from '@backstage/errors';

/** A place outside this server that models may be registered from. */
export type ExternalSource = {
  /** `s3://bucket/models`: it and everything below it. */
  location: string;
  /** Owners of models and experiments that may name it; all of them unless given. */
  owners?: string[];
};

const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/?[^\s\p{Cc}]+$/iu;
/** Addresses of this server and of MLflow, which mean something else. */
const OWN = /^(?:models|runs|mlflow-artifacts|dbfs|prompts):/i;

/** Checks a location of the configuration. */
export function checkExternalLocation(location: string): string {
  const trimmed = location.replace(/\/+$/, '');
  if (!isSafe(trimmed) || OWN.test(trimmed)) {
    throw new InputError(
      `'${location}' is no place to register models from; write a scheme and a prefix such as s3://bucket/models`,
    );
  }
  return trimmed;
}

/**
 * Whether an address lies in one of the places, and its owner may name it.
 *
 * @throws InputError that says what is allowed, when it is not
 */
export function requireExternal(
  address: string,
  options: { sources: ExternalSource[]; owner?: string; what: string },
): string {
  const { sources, owner, what } = options;
  const trimmed = address.replace(/\/+$/, '');
  const within = isSafe(trimmed)
    ? sources.filter(
        ({ location }) =>
          trimmed === location || trimmed.startsWith(`${location}/`),
      )
    : [];
  const open = within.some(
    ({ owners }) => !owners || (owner && owners.includes(owner)),
  );
  if (open) return trimmed;
  const allowed = sources
    .filter(({ owners }) => !owners || (owner && owners.includes(owner)))
    .map(({ location }) => location);
  throw new InputError(
    `${what}: '${address}' lies outside this server, and mlRegistry.externalSources allows ${
      owner ?? 'nobody in particular'
    } ${allowed.length ? allowed.join(', ') : 'no place outside'}`,
  );
}

/** Whether the files of an address are kept elsewhere. */
export function isExternal(address: string): boolean {
  return ADDRESS.test(address) && !OWN.test(address);
}

/** No way up, no password, nothing that hides. */
function isSafe(address: string): boolean {
  if (!ADDRESS.test(address)) return false;
  const path = decode(address.replace(/^[^:]+:/, ''));
  return (
    path !== undefined &&
    !/[?#\\]/.test(path) &&
    !path.split('/').some(part => part === '..' || part === '.') &&
    !/^\/\/[^/]*@/.test(path)
  );
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
