import { execFile } from 'node:child_process';
import { open, realpath, stat } from 'node:fs/promises';
import {
  basename,
  dirname,
  isAbsolute,
  join,
  relative,
  resolve,
  sep,
} from 'node:path';
import {
  readDefinitions,
  type JobDefinition,
  type Place,
} from '@downstage/plugin-ml-jobs-common';
import { plainFile } from './plainFile';

/** Something wrong with a project, or worth knowing. */
export type Finding = Place & { message: string };

/** What a check of a project found. */
export type ProjectCheck = {
  /** The file that was checked, as it was given. */
  file: string;
  valid: boolean;
  /** The names of the jobs without a mistake, as far as they have one. */
  jobs: string[];
  mistakes: Finding[];
  /** How many mistakes there are besides. */
  more: number;
  warnings: Finding[];
};

/** A larger file has mistakes of another kind; its text would only fill the memory. */
const mostBytes = 1024 * 1024;

/**
 * Checks a project as the portal does when a job of it is submitted. Looks whether the files that it names are there.
 *
 * @param path - the folder of the project, or its `downstage.yaml`
 * @throws Error where there is nothing to check
 */
export async function checkProject(path: string): Promise<ProjectCheck> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new Error(`There is no file or folder '${path}'`);
  const file = found.isDirectory() ? join(path, 'downstage.yaml') : path;
  const read = readDefinitions(await textOf(file));
  const folder = await realpath(dirname(resolve(file)));
  const mistakes: Finding[] = [...read.mistakes];
  const named = new Map<string, NamedFile>();
  for (const definition of read.definitions) {
    for (const { path: key, name } of filesOf(definition)) {
      const place = read.placeOf(definition, key) ?? { line: 1, column: 1 };
      const say = (problem: string) =>
        mistakes.push({ ...place, message: `${key.join('.')}: ${problem}` });
      const kept = await keptAt(folder, name);
      if (kept === undefined) say(`there is no file '${name}' in the project`);
      else if (kept.startsWith(`..${sep}`) || isAbsolute(kept))
        say(
          `'${name}' leads out of the project by a link, and a job has no such file`,
        );
      else named.set(name, named.get(name) ?? { place, kept });
    }
  }
  mistakes.sort(
    (one, other) => one.line - other.line || one.column - other.column,
  );
  return {
    file,
    valid: mistakes.length === 0,
    jobs: read.definitions.flatMap(({ name }) => name ?? []),
    mistakes,
    more: read.more,
    warnings: await uncommitted(folder, basename(file), named),
  };
}

/** Where a file that a definition names is, relative to the project: git knows no path that goes through a link. */
type NamedFile = { place: Place; kept: string };

async function keptAt(
  folder: string,
  name: string,
): Promise<string | undefined> {
  try {
    const real = await realpath(join(folder, name));
    return (await stat(real)).isFile() ? relative(folder, real) : undefined;
  } catch {
    return undefined;
  }
}

function filesOf({ entryPoint, environment }: JobDefinition) {
  const program = plainFile(entryPoint);
  return [
    ...(program === undefined ? [] : [{ path: ['entryPoint'], name: program }]),
    ...(environment?.requirements === undefined
      ? []
      : [
          {
            path: ['environment', 'requirements'],
            name: environment.requirements,
          },
        ]),
  ];
}

async function textOf(file: string): Promise<string> {
  const handle = await open(file).catch(error => {
    throw new Error(
      error.code === 'ENOENT'
        ? `There is no ${file}; 'downstage init' writes one`
        : `${file} cannot be read: ${error.message}`,
    );
  });
  try {
    const entry = await handle.stat();
    if (!entry.isFile()) throw new Error(`${file} is not a file`);
    if (entry.size > mostBytes)
      throw new Error(
        `${file} has ${entry.size} bytes; allowed are ${mostBytes}`,
      );
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** A job runs at a commit, so a file that is in none is not there for it. */
async function uncommitted(
  folder: string,
  definition: string,
  named: ReadonlyMap<string, NamedFile>,
): Promise<Finding[]> {
  const start = { line: 1, column: 1 };
  const files = new Map<string, NamedFile>([
    [definition, { place: start, kept: definition }],
    ...named,
  ]);
  const tracked = await trackedIn(
    folder,
    [...files.values()].map(({ kept }) => kept),
  );
  if (!tracked) {
    const message =
      'The folder is not in a git repository; a job runs at a commit of one';
    return [{ ...start, message }];
  }
  return [...files].flatMap(([name, { place, kept }]) =>
    tracked.has(kept)
      ? []
      : [
          {
            ...place,
            message: `${name} is not committed; a job runs without it`,
          },
        ],
  );
}

/** Those that git knows; undefined outside of a repository, or without git. */
function trackedIn(
  folder: string,
  files: string[],
): Promise<Set<string> | undefined> {
  // Names are names here, not patterns.
  const args = ['--literal-pathspecs', '-C', folder, 'ls-files', '-z', '--'];
  return new Promise(done => {
    execFile('git', [...args, ...files], (error, stdout) =>
      done(error ? undefined : new Set(stdout.split('\0'))),
    );
  });
}
