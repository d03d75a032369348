/** One line of a requirements file, as pip reads it. */
export type Requirement = {
  /** Lower case, words joined by dashes, as PyPI compares names. */
  name: string;
  /** The version it is pinned to, or that its file's name says. */
  version?: string;
  /** All that the line says of versions, such as `>=1.2,<2`. */
  specifier?: string;
  /** Where it comes from, when that is not the package index. Names and passwords in addresses are left out. */
  origin?: { kind: 'vcs' | 'url' | 'path'; url: string; sha256?: string };
};

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?';
const named = new RegExp(
  `^(${NAME})\\s*(?:\\[[^\\]]*\\])?\\s*(?:@\\s*(\\S+)|\\(?((?:(?:===|[~=!<>]=|[<>])\\s*[^\\s,;()]+\\s*,?\\s*)*)\\)?)$`,
);

/**
 * Reads a line such as `numpy==2.3.1`, `pkg @ https://…`, `git+https://…#egg=pkg` or `vendor/pkg-1.0-py3-none-any.whl`.
 * A line whose package cannot be told is `undefined`: it must never be taken for another package of that name.
 */
export function parseRequirement(line: string): Requirement | undefined {
  const text = line
    // Options of one requirement, and its environment marker; a marker after an address stands after a space.
    .replace(/\s--?\w[\w-]*[=\s].*$/, '')
    .replace(/\s+;.*$/, '')
    .trim();
  if (isAddress(text)) return fromAddress(text);
  const match = named.exec(text.replace(/\s*;.*$/, ''));
  // pip takes what could be a name for one, unless it names a file.
  if (!match || (isArchive(text) && !match[2])) {
    return isPath(text) ? fromAddress(text) : undefined;
  }
  const name = normalName(match[1]);
  if (match[2]) return fromAddress(match[2], name);
  const specifier = match[3]?.replace(/\s+/g, '');
  const pinned = /^===?([^,*]+)$/.exec(specifier ?? '')?.[1];
  return {
    name,
    ...(pinned && { version: pinned }),
    ...(specifier && { specifier }),
  };
}

function fromAddress(text: string, name?: string): Requirement | undefined {
  const [address, fragment = ''] = text.split('#', 2);
  const facts = new URLSearchParams(fragment);
  const file = fileOf(address);
  const isVcs = /^(?:git|hg|svn|bzr)\+/.test(address);
  const [named_, version] = archiveName(file) ?? [];
  const egg = /^[A-Za-z0-9._-]+/.exec(facts.get('egg') ?? '')?.[0];
  const guessed = isVcs
    ? file.replace(/@[^@/]*$/, '').replace(/\.git$/, '')
    : undefined;
  const found = name ?? egg ?? named_ ?? guessed ?? folderName(address);
  if (!found || !/[A-Za-z0-9]/.test(found)) return undefined;
  const sha256 = /^[0-9a-f]{64}$/i.exec(facts.get('sha256') ?? '')?.[0];
  return {
    name: normalName(found),
    ...(version && { version }),
    origin: {
      kind: kindOf(address, isVcs),
      url: withoutPassword(address),
      ...(sha256 && { sha256: sha256.toLowerCase() }),
    },
  };
}

function kindOf(address: string, isVcs: boolean) {
  if (isVcs) return 'vcs';
  return isAddress(address) && !/^file:/i.test(address) ? 'url' : 'path';
}

function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^file:/i.test(text);
}

function isArchive(text: string): boolean {
  return /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)$/i.test(text);
}

function isPath(text: string): boolean {
  return !/\s/.test(text) && (isArchive(text) || /^\.{0,2}\/|\//.test(text));
}

function fileOf(address: string): string {
  const path = address.split('?')[0].replace(/\/+$/, '');
  return decode(path.slice(path.lastIndexOf('/') + 1));
}

/** A wheel's and an archive's name hold the package and its version. */
function archiveName(file: string): [string, string] | undefined {
  const wheel = /^([^-]+)-([^-]+)(?:-[^-]+){3,4}\.whl$/i.exec(file);
  const match =
    wheel ??
    /^(.+)-(\d[^-]*)\.(?:zip|tar\.gz|tgz|tar\.bz2|tar\.xz)$/i.exec(file);
  return match ? [match[1], match[2]] : undefined;
}

/** A folder is called as its package is, most often; the folder of the model itself has no name. */
function folderName(address: string): string | undefined {
  const file = fileOf(address);
  return isArchive(file) || /^\.*$/.test(file) ? undefined : file;
}

function withoutPassword(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/[._-]+/g, '-');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
