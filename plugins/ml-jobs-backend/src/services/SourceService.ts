import { createHash, randomUUID } from 'node:crypto';
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  InputError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { listed } from '@downstage/common';
import { emptySubmodule, submodulesOf } from '../providers/local/submodules';
import {
  fetchByGit,
  gitEnvironment,
  gitOptions,
  runTool,
} from '../providers/local/runTool';

/** A source at a commit. */
export type ResolvedSource = {
  /** How the job names it: a folder or an https URL. */
  repository: string;
  commit: string;
  /** `downstage.yaml` at that commit, where there is one. */
  definition?: string;
  /** Whose a project of the portal is, as its catalog-info.yaml says; none for every other source. */
  owners: string[];
  /** What the person should know, such as changes that are not committed. */
  warnings: { option: string; message: string }[];
};

const ownedSchema = z.object({
  metadata: z.object({ namespace: z.string().optional() }).optional(),
  spec: z.object({ owner: z.string() }),
});

const refPattern = /^[A-Za-z0-9][A-Za-z0-9._/+-]*$/;

/**
 * Finds the commit of a source, and reads files of it.
 *
 * @remarks
 * Local folders count only below the allowed roots, after symbolic links are followed. Of https repositories a bare copy is
 * kept in the data directory and brought up to date at each submission. Git runs without hooks, prompts and user configuration.
 */
export class SourceService {
  readonly #roots: string[];
  readonly #hosts: Set<string>;
  readonly #cache: string;
  readonly #timeoutMs: number;
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(options: {
    /** The first one is the portal's own, where each project belongs to somebody. */
    roots: string[];
    hosts: string[];
    cache: string;
    timeoutMs?: number;
  }) {
    this.#roots = options.roots;
    this.#hosts = new Set(options.hosts);
    this.#cache = options.cache;
    this.#timeoutMs = options.timeoutMs ?? 120_000;
  }

  async resolve(source: {
    repository: string;
    ref?: string;
  }): Promise<ResolvedSource> {
    const { repository, ref = 'HEAD' } = source;
    if (!refPattern.test(ref) || ref.includes('..')) {
      throw new InputError(`Not a branch, tag or commit: '${ref}'`);
    }
    const place = await this.#locate(repository);
    if (place.url) await this.#update(place.folder, place.url);

    const { exitCode, lines } = await this.#git(place.folder, [
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${ref}^{commit}`,
    ]);
    const commit = lines.at(-1);
    if (exitCode !== 0 || !commit) {
      throw new NotFoundError(
        ref === 'HEAD'
          ? `${repository} has no commit yet; commit the project first`
          : `${repository} has no branch, tag or commit '${ref}'`,
      );
    }
    return {
      repository: place.url ?? place.folder,
      commit,
      definition: await this.#readFile(place.folder, commit, 'downstage.yaml'),
      owners: place.ofPortal ? await this.#owners(place.folder) : [],
      warnings: [
        ...(place.url || ref !== 'HEAD'
          ? []
          : await this.#uncommitted(place.folder)),
        ...(await this.#incomplete(place.folder, commit)),
      ],
    };
  }

  /** The folder with the objects of a repository that a job has named, to copy from. */
  async folderOf(repository: string): Promise<string> {
    return (await this.#locate(repository)).folder;
  }

  /** Of the newest commit: an old one, or one on a branch, does not say whose the project is now. */
  async #owners(folder: string): Promise<string[]> {
    const text = await this.#readFile(folder, 'HEAD', 'catalog-info.yaml');
    return text === undefined ? [] : ownersIn(text);
  }

  async #locate(repository: string): Promise<{
    folder: string;
    url?: string;
    ofPortal?: boolean;
  }> {
    if (/^https:\/\//i.test(repository)) return this.#locateUrl(repository);
    const path = /^file:\/\//i.test(repository)
      ? toPath(repository)
      : repository;
    if (!isAbsolute(path)) {
      throw new InputError(
        `Not a source: '${repository}'; expected an absolute folder, a file: URL or an https git URL`,
      );
    }
    const roots = await Promise.all(
      this.#roots.map(root => realpath(root).catch(() => root)),
    );
    const folder = await realpath(path).catch(() => undefined);
    const allowed = (candidate: string) =>
      roots.some(
        root => candidate === root || candidate.startsWith(root + sep),
      );
    // The same answer for what is missing and what is not allowed: nobody explores the disk with it.
    if (!folder || !allowed(folder)) {
      throw new InputError(
        `There is no project folder '${repository}' that jobs may read; allowed are the projects of this portal and what mlJobs.sourceRoots adds`,
      );
    }
    const isRepository = await stat(join(folder, '.git')).catch(() =>
      stat(join(folder, 'HEAD')).catch(() => undefined),
    );
    if (!isRepository) {
      throw new InputError(
        `'${repository}' is not a git repository; run 'git init' and commit in it, because a job runs at a commit`,
      );
    }
    return { folder, ofPortal: folder.startsWith(roots[0] + sep) };
  }

  #locateUrl(repository: string): { folder: string; url: string } {
    let url: URL;
    try {
      url = new URL(repository);
    } catch {
      throw new InputError(`Not a URL: '${repository}'`);
    }
    if (url.username || url.password) {
      throw new InputError(
        'A source URL must not hold a user name or password',
      );
    }
    if (!this.#hosts.has(url.host)) {
      throw new InputError(
        `Sources may not be fetched from '${url.host}'; allowed: ${[
          ...this.#hosts,
        ].join(', ')} (mlJobs.sourceHosts)`,
      );
    }
    const hash = createHash('sha256')
      .update(url.href)
      .digest('hex')
      .slice(0, 20);
    return { folder: join(this.#cache, `${hash}.git`), url: url.href };
  }

  /** Brings the bare copy up to date; the first time it is made under another name, so a crash leaves no half copy. */
  #update(folder: string, url: string): Promise<void> {
    const running = this.#fetching.get(folder);
    if (running) return running;
    const update = this.#fetch(folder, url).finally(() =>
      this.#fetching.delete(folder),
    );
    this.#fetching.set(folder, update);
    return update;
  }

  async #fetch(folder: string, url: string): Promise<void> {
    await mkdir(this.#cache, { recursive: true });
    const exists = await stat(folder).catch(() => undefined);
    const part = `${folder}.${randomUUID().slice(0, 8)}.part`;
    const failure = await fetchByGit(url, others =>
      exists
        ? this.#git(folder, [
            ...others,
            'fetch',
            '--quiet',
            '--prune',
            '--tags',
            'origin',
            '+refs/heads/*:refs/heads/*',
          ])
        : this.#git(this.#cache, [
            ...others,
            'clone',
            '--quiet',
            '--bare',
            '--',
            url,
            part,
          ]),
    );
    if (failure) {
      await rm(part, { recursive: true, force: true });
      throw new ServiceUnavailableError(
        `${url} could not be fetched: ${failure}`,
      );
    }
    if (!exists) await rename(part, folder);
  }

  async #readFile(
    folder: string,
    commit: string,
    path: string,
  ): Promise<string | undefined> {
    const kind = await this.#git(folder, [
      'cat-file',
      '-s',
      `${commit}:${path}`,
    ]);
    if (kind.exitCode !== 0) return undefined;
    if (Number(kind.lines.at(-1)) > 100_000)
      throw new InputError(`${path} is larger than 100 kB`);
    const lines: string[] = [];
    await this.#git(folder, ['cat-file', 'blob', `${commit}:${path}`], line =>
      lines.push(line),
    );
    return `${lines.join('\n')}\n`;
  }

  /** What of the project a working copy will not hold, said before the job runs. */
  async #incomplete(folder: string, commit: string) {
    const submodules = await submodulesOf({
      ...{ folder, commit, hosts: [...this.#hosts] },
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const warnings = submodules
      .filter(({ why }) => why)
      .map(submodule => ({
        option: `source.${submodule.path}`,
        message: emptySubmodule(submodule),
      }));
    const attributes = await this.#readFile(folder, commit, '.gitattributes');
    if (attributes?.includes('filter=lfs')) {
      const { lines } = await this.#git(folder, [
        ...['grep', '--name-only', '-I', '-F', '-e'],
        ...['version https://git-lfs.github.com/spec/v1', commit],
      ]);
      const files = lines.map(line => line.slice(commit.length + 1));
      if (files.length) {
        warnings.push({
          option: 'source.lfs',
          message: `Files of Git LFS are not fetched, the job finds pointers instead: ${listed(
            files,
          )}. Register them as a data set and declare it as an input.`,
        });
      }
    }
    return warnings;
  }

  async #uncommitted(folder: string) {
    const { exitCode, lines } = await this.#git(folder, [
      'status',
      '--porcelain',
      '--untracked-files=no',
    ]);
    if (exitCode !== 0 || !lines.length) return [];
    return [
      {
        option: 'source',
        message:
          'The folder has changes that are not committed; the job runs without them',
      },
    ];
  }

  async #git(folder: string, args: string[], onLine?: (line: string) => void) {
    try {
      return await runTool('git', [...gitOptions, '-C', folder, ...args], {
        env: gitEnvironment(),
        signal: AbortSignal.timeout(this.#timeoutMs),
        keepEmptyLines: Boolean(onLine),
        onLine,
      });
    } catch (error) {
      throw new ServiceUnavailableError(
        `git ${args[0]} did not work: git is missing or took longer than ${
          this.#timeoutMs / 1000
        } s`,
        error,
      );
    }
  }
}

/** The owners of all entities of a catalog-info.yaml, as refs. What cannot be read owns nothing. */
function ownersIn(text: string): string[] {
  const owners = new Set<string>();
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    const parsed = ownedSchema.safeParse(
      document.errors.length ? undefined : document.toJS({ maxAliasCount: 20 }),
    );
    if (!parsed.success) continue;
    const { metadata, spec } = parsed.data;
    try {
      const ref = parseEntityRef(spec.owner, {
        defaultKind: 'group',
        defaultNamespace: metadata?.namespace ?? 'default',
      });
      owners.add(stringifyEntityRef(ref));
    } catch {
      // Not a ref, so nobody's.
    }
  }
  return [...owners];
}

function toPath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new InputError(`Not a file: URL of this machine: '${url}'`);
  }
}
