import { promises as fs } from 'node:fs';
import { basename, isAbsolute, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, NotFoundError } from '@backstage/errors';
import { formatOf } from './sourceFormat';

/** A file to be read, and the name it has within the version. */
export type SourceFile = {
  path: string;
  absolute: string;
  size: number;
  mtimeMs: number;
};

/** A folder that configuration names, and who may register from it: everybody unless it says. */
export type Root = { path: string; groups?: string[] };

/** Where data may come from, and what of it never is data: the portal's own folders. */
export type Roots = { roots: Root[]; own: string[] };

const maxFiles = 10_000;

/**
 * Finds the data of a location: one file, or all data files of a folder.
 *
 * @remarks
 * The location is text from outside. It is followed only inside the allowed roots. It is compared with them after all
 * symbolic links are resolved, so neither `..` nor a link leads out. Links inside a folder are refused rather than
 * skipped. What the portal keeps (versions of other teams, databases, logs) is not there, even below a root. Messages
 * name what was asked for, never where this machine keeps it.
 */
export async function locateSource(
  uri: string,
  options: { roots: Roots },
): Promise<SourceFile[]> {
  const { roots } = options;
  const own = await realOwn(roots);
  const { found } = await findInRoots(uri, roots, own);
  const stat = await fs.stat(found);
  const files = stat.isDirectory()
    ? await listFolder(uri, found, '', own)
    : [toSourceFile(basename(found), found, stat)];
  for (const file of files) {
    if (/[*?[\]{}\\]/.test(file.path)) {
      throw new InputError(
        `'${uri}' has a file named '${file.path}'; names must be free of * ? [ ] { } \\`,
      );
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The folder of the configuration that a location lies in. */
export async function rootOf(uri: string, roots: Roots): Promise<Root> {
  return (await findInRoots(uri, roots, await realOwn(roots))).root;
}

async function findInRoots(uri: string, { roots }: Roots, own: string[]) {
  for (const root of roots) {
    const realRoot = await realpath(root.path);
    if (!realRoot) continue;
    const found = await realpath(toPath(uri, root.path));
    if (!found || own.some(folder => isWithin(found, folder))) continue;
    if (isWithin(found, realRoot)) return { root, found };
  }
  throw new NotFoundError(
    `No data at '${uri}' inside the folders that you may register from; a location is a path relative to one of mlData.roots, or a file: URL below one of them`,
  );
}

async function realOwn({ own }: Roots) {
  const found = await Promise.all(own.map(realpath));
  return found.filter(folder => folder !== undefined);
}

function isWithin(path: string, folder: string) {
  return path === folder || path.startsWith(folder + sep);
}

function toPath(uri: string, root: string) {
  if (uri.includes('\0')) throw new InputError('A location has no NUL in it');
  if (uri.startsWith('file:')) {
    try {
      return fileURLToPath(uri);
    } catch (error) {
      throw new InputError(`'${uri}' is not a usable file: URL`, error);
    }
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(uri)) {
    throw new InputError(
      `'${uri}' is not on this machine; allowed: a path relative to one of mlData.roots, or a file: URL`,
    );
  }
  return isAbsolute(uri) ? uri : resolve(root, uri);
}

/** Missing, or not for us to see: both are "not there". */
async function realpath(path: string) {
  return fs.realpath(path).catch(() => undefined);
}

async function listFolder(
  uri: string,
  folder: string,
  prefix: string,
  own: string[],
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    // What other tools leave beside data: _SUCCESS, .crc, .ipynb_checkpoints.
    if (/^[._]/.test(entry.name)) continue;
    const path = prefix ? `${prefix}/${entry.name}` : entry.name;
    const absolute = join(folder, entry.name);
    if (entry.isSymbolicLink()) {
      throw new InputError(
        `'${uri}' has a symbolic link at '${path}'; put the data itself there`,
      );
    }
    if (own.some(each => isWithin(absolute, each))) continue;
    if (entry.isDirectory()) {
      files.push(...(await listFolder(uri, absolute, path, own)));
    } else if (entry.isFile() && formatOf(entry.name)) {
      files.push(toSourceFile(path, absolute, await fs.stat(absolute)));
    }
    if (files.length > maxFiles) {
      throw new InputError(`'${uri}' has more than ${maxFiles} files`);
    }
  }
  return files;
}

function toSourceFile(
  path: string,
  absolute: string,
  stat: { size: number; mtimeMs: number },
): SourceFile {
  return { path, absolute, size: stat.size, mtimeMs: Math.floor(stat.mtimeMs) };
}
