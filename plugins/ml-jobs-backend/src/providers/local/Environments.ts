import { createHash, randomUUID } from 'node:crypto';
import {
  copyFile,
  mkdir,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AttemptFailure } from './AttemptFailure';
import { findPython, foldersOfPython, type Python } from './python';
import type { Isolation } from './isolation/Isolation';
import { isInside } from './isolation/layout';
import { parsePipSettings, toPipVariables } from './pipSettings';
import { readRequirements, type Requirements } from './requirements';
import { pipEnvironment, runTool } from './runTool';
import type { Uv } from './Uv';

/** An environment ready to run in: the folder with its programs, and all that has to be readable for them. */
export type Environment = {
  id: string;
  bin: string;
  root: string;
  reads: string[];
};

type Progress = (line: string) => Promise<void>;

const requirementsFile = 'requirements.txt';
const constraintsFile = 'constraints.txt';

/**
 * Virtual environments, one for each content of requirements and each owner. Each is built once, and shared by the
 * owner's jobs with the same requirements.
 *
 * @remarks
 * An environment is built in a folder of its own name. It becomes visible by one rename of the link `<hash>`. A crash
 * leaves a folder without a link, which nobody uses. The next build of the same hash removes it. A crash never leaves
 * half an environment under the final name. Within one portal a hash is built once at a time; two portals on one data
 * directory would both build, and the last link wins.
 *
 * Packages that are built run code of theirs, inside of the isolation and with the new environment to write to. So nothing
 * of an environment is run outside afterwards, its Python included. Where a try fails, the next one has another folder.
 *
 * Requirements on top of a prebuilt environment get a virtual environment of their own that sees its packages. pip installs
 * what is missing there, and the prebuilt one stays as it is. Its programs are not on the PATH: they would run without
 * the new packages.
 */
export class Environments {
  readonly #folder: string;
  readonly #python?: string;
  readonly #prebuilt: Record<string, string>;
  readonly #uv?: Pick<Uv, 'get'>;
  readonly #isolation: Isolation;
  readonly #indexes: readonly string[];
  readonly #building = new Map<string, Promise<void>>();

  constructor(options: {
    folder: string;
    python?: string;
    prebuilt?: Record<string, string>;
    /** Installs instead of pip where it can. */
    uv?: Pick<Uv, 'get'>;
    /** In which packages are built. */
    isolation: Isolation;
    /** Package indexes that a project's requirements may name. */
    indexes?: readonly string[];
  }) {
    this.#isolation = options.isolation;
    this.#indexes = options.indexes ?? [];
    this.#folder = options.folder;
    this.#python = options.python;
    this.#prebuilt = options.prebuilt ?? {};
    this.#uv = options.uv;
  }

  async provide(options: {
    project: string;
    /** Who may share it. */
    owner: string;
    environment?: { requirements?: string; name?: string };
    progress: Progress;
    signal: AbortSignal;
  }): Promise<Environment> {
    const { project, owner, environment = {}, progress, signal } = options;
    const base = environment.name
      ? await this.#named(environment.name)
      : undefined;
    if (base && !environment.requirements) return base;

    // The prebuilt one need not have pip, which reads the requirements.
    const python = await findPython({ configured: this.#python, signal });
    const extended = base && (await this.#extensible(base, signal));
    const requirements = environment.requirements
      ? await readRequirements({
          project,
          file: environment.requirements,
          python: python.command,
          indexes: this.#indexes,
          signal,
        })
      : undefined;
    const id = hashOf(
      [
        requirements ? `${owner} ${requirements.hash}` : 'bare',
        extended?.python.version ?? python.version,
        process.platform,
        process.arch,
        ...(extended ? [extended.identity] : []),
      ].join(' '),
    );

    const trusted = extended?.python ?? python;
    const ready = await this.#find(id, trusted, base);
    if (ready) {
      await progress(
        `Environment ${id} is there already (Python ${trusted.version})`,
      );
      return ready;
    }
    const building = this.#building.get(id);
    if (building)
      await progress(
        `Environment ${id} is being built for another job; waiting for it`,
      );
    await (building ??
      this.#start(id, {
        ...{ owner, progress, signal, requirements, extended },
        python: trusted,
        file: environment.requirements,
      }));
    signal.throwIfAborted();

    const built = await this.#find(id, trusted, base);
    // The builder was cancelled or failed: then this job builds, and gets the error as its own.
    return built ?? this.provide(options);
  }

  async #named(name: string): Promise<Environment> {
    const root = this.#prebuilt[name];
    const known = Object.keys(this.#prebuilt);
    if (!root) {
      throw new AttemptFailure(
        'EnvironmentUnknown',
        `There is no prebuilt environment '${name}'; ${
          known.length
            ? `there are: ${known.join(', ')}`
            : 'mlJobs.local.environments names none'
        }`,
      );
    }
    if (!(await stat(join(root, 'bin', 'python')).catch(() => undefined))) {
      throw new AttemptFailure(
        'EnvironmentUnknown',
        `The prebuilt environment '${name}' has no bin/python`,
      );
    }
    const { signal } = new AbortController();
    const bin = join(root, 'bin');
    const python = await foldersOfPython(join(bin, 'python'), signal);
    return { id: name, root, bin, reads: [root, ...python] };
  }

  /** The Python of a prebuilt environment, and where its packages are. What is installed there tells two states apart. */
  async #extensible(
    { id, root, bin, reads }: Environment,
    signal: AbortSignal,
  ): Promise<ExtendedEnvironment> {
    const python = await findPython({
      configured: join(bin, 'python'),
      setting: `mlJobs.local.environments.${id}`,
      signal,
    });
    const [major, minor] = python.version.split('.');
    const packages = join(
      root,
      'lib',
      `python${major}.${minor}`,
      'site-packages',
    );
    const found = await readdir(packages).catch(() => undefined);
    if (!found) {
      throw new AttemptFailure(
        'EnvironmentUnknown',
        `The prebuilt environment '${id}' cannot be extended: there is no folder ${packages}`,
      );
    }
    const installed = found.filter(entry => /\.(dist|egg)-info$/.test(entry));
    const identity = [id, root, ...installed.sort()].join(' ');
    return { name: id, python, packages, reads, identity };
  }

  /** @param python - the one that it is made with; nothing of the environment itself is run */
  async #find(
    id: string,
    python: Python,
    base?: Environment,
  ): Promise<Environment | undefined> {
    const target = await readlink(join(this.#folder, id)).catch(
      () => undefined,
    );
    if (!target) return undefined;
    const root = join(this.#folder, target);
    const bin = join(root, 'bin');
    const found = await realpath(join(bin, 'python')).catch(() => undefined);
    const { signal } = new AbortController();
    const folders = await foldersOfPython(python.command, signal);
    const reads = [...new Set([root, ...folders, ...(base?.reads ?? [])])];
    // A link whose interpreter went away or moved (Python was upgraded) counts as none.
    const real = await Promise.all(
      reads.map(folder => realpath(folder).catch(() => folder)),
    );
    const isThere = found && real.some(folder => isInside(found, folder));
    return isThere ? { id, root, bin, reads } : undefined;
  }

  #start(id: string, options: BuildOptions): Promise<void> {
    const build = this.#build(id, options).finally(() =>
      this.#building.delete(id),
    );
    // Those who wait get no error from it: they look for the environment, and build themselves when it is not there.
    this.#building.set(
      id,
      build.catch(() => undefined),
    );
    return build;
  }

  async #build(id: string, options: BuildOptions): Promise<void> {
    const { requirements, python, progress, extended } = options;
    await mkdir(this.#folder, { recursive: true });
    for (const left of await readdir(this.#folder)) {
      if (left.startsWith(`${id}-`))
        await rm(join(this.#folder, left), { recursive: true, force: true });
    }
    await progress(
      `Building environment ${id} ${
        extended ? `on top of ${extended.name} ` : ''
      }with Python ${python.version}`,
    );
    const tried: string[] = [];
    const next = () => {
      const root = join(this.#folder, `${id}-${randomUUID().slice(0, 8)}`);
      tried.push(root);
      return root;
    };
    let made: string | undefined;
    try {
      if (requirements) made = await this.#install(next, requirements, options);
      else await makeVenv((made = next()), ['--without-pip'], options);
      await this.#isolation.seal?.(made);
      await symlink(basename(made), `${made}.link`);
      await rename(`${made}.link`, join(this.#folder, id));
      tried.splice(tried.indexOf(made), 1);
      await progress(`Environment ${id} is ready`);
    } finally {
      for (const root of [...tried, ...(made ? [`${made}.build`] : [])]) {
        await rm(root, { recursive: true, force: true });
        await rm(`${root}.build`, { recursive: true, force: true });
      }
    }
  }

  /** @returns the folder of the try that came to its end */
  async #install(
    next: () => string,
    requirements: Requirements,
    options: BuildOptions,
  ): Promise<string> {
    const tryWith = async (
      install: (root: string, yard: string) => Promise<boolean>,
    ) => {
      const root = next();
      const yard = `${root}.build`;
      await prepareYard(yard, requirements);
      return (await install(root, yard)) ? root : undefined;
    };
    // uv sees only the packages of one folder, and would install those of the prebuilt environment once more.
    const uv = options.extended ? undefined : await this.#usableUv(options);
    const byUv =
      uv &&
      ((!requirements.builds &&
        (await tryWith((root, yard) =>
          this.#unpackWithUv(uv, { root, yard, requirements, options }),
        ))) ||
        (await tryWith((root, yard) =>
          this.#buildWithUv(uv, { root, yard, requirements, options }),
        )));
    return (
      byUv ||
      (await tryWith((root, yard) =>
        this.#installWithPip(root, yard, requirements, options),
      ))!
    );
  }

  async #usableUv(options: BuildOptions): Promise<UsableUv | undefined> {
    const uv = await this.#uv?.get(options);
    if (!uv) return undefined;
    if (!('unusable' in uv)) return uv;
    await options.progress(
      `Installing with pip, because of uv: ${uv.unusable}`,
    );
    return undefined;
  }

  /** False where a package has to be built. */
  async #unpackWithUv(uv: UsableUv, attempt: Attempt): Promise<boolean> {
    const { root, yard, options } = attempt;
    const { progress, signal } = options;
    await makeVenv(root, ['--without-pip'], options);
    // Wheels are unpacked and none of their code runs, so the caches of the portal's user may serve all.
    const [command, ...args] = uvInstall(uv, attempt, '--only-binary', ':all:');
    const { exitCode, lines } = await runTool(command, args, {
      cwd: yard,
      env: uv.env,
      signal,
      onLine: lineTo(progress),
    });
    if (exitCode === 0) return true;
    await progress(
      `Not from ready-made packages alone (${lines.at(-1)?.trim()}); building`,
    );
    return false;
  }

  /** False when uv did not manage; pip then begins anew and has the last word. */
  async #buildWithUv(uv: UsableUv, attempt: Attempt): Promise<boolean> {
    const { root, yard, options } = attempt;
    await makeVenv(root, ['--without-pip'], options);
    const { exitCode, lines } = await this.#isolated(uvInstall(uv, attempt), {
      ...{ root, yard, env: uv.env, options },
      reads: [dirname(dirname(uv.command))],
    });
    if (exitCode === 0) return true;
    await options.progress(
      `uv did not manage (${lines.at(-1)?.trim()}), trying pip`,
    );
    return false;
  }

  async #installWithPip(
    root: string,
    yard: string,
    requirements: Requirements,
    options: BuildOptions,
  ): Promise<true> {
    await makeVenv(root, [], options);
    if (options.extended) await extend(root, options.extended);
    const python = join(root, 'bin', 'python');
    // Nothing of a package is in it yet.
    const { lines: settings } = await runTool(
      python,
      ['-I', '-m', 'pip', 'config', 'list'],
      { env: pipEnvironment(), signal: options.signal, keepLines: 1_000 },
    );
    const { exitCode, lines } = await this.#isolated(
      [
        python,
        '-m',
        'pip',
        'install',
        '--progress-bar',
        'off',
        '--prefer-binary',
        // Python compiles what is imported at the first import; all of it beforehand takes longer than that saves.
        '--no-compile',
        ...argumentsFor(requirements),
      ],
      {
        ...{ root, yard, options },
        env: {
          ...pipEnvironment(),
          ...toPipVariables(parsePipSettings(settings)),
          // The settings have been read; the files they are from are not the job's to see.
          PIP_CONFIG_FILE: '/dev/null',
          // As with uv: never into the machine's own Python.
          PIP_REQUIRE_VIRTUALENV: '1',
        },
        reads: options.extended?.reads ?? [],
      },
    );
    if (exitCode === 0) return true;
    const error = lines.find(line => line.startsWith('ERROR')) ?? lines.at(-1);
    throw new AttemptFailure(
      'InstallFailed',
      `pip could not install ${options.file}: ${error}`,
    );
  }

  /**
   * Runs an installer as a job runs: packages bring code that runs when they are built. It finds caches that only its
   * owner's builds share. So nobody is served what another owner's package has put there.
   */
  async #isolated(
    command: string[],
    build: {
      root: string;
      yard: string;
      env: Record<string, string>;
      reads: string[];
      options: BuildOptions;
    },
  ) {
    const { root, yard, env, options } = build;
    const { owner, progress, signal, python } = options;
    const cache =
      this.#isolation.kind === 'system-user'
        ? join(yard, 'cache')
        : join(this.#folder, 'caches', hashOf(owner));
    await mkdir(cache, { recursive: true });
    const certificates = [env.SSL_CERT_FILE, env.PIP_CERT].filter(
      path => path !== undefined,
    );
    const wrapped = await this.#isolation.wrap(command, {
      id: root,
      cwd: yard,
      writable: [root, yard, cache],
      readOnly: [
        ...(await foldersOfPython(python.command, signal)),
        ...build.reads,
        ...certificates,
      ],
      tmp: join(yard, 'tmp'),
    });
    const [program, ...args] = wrapped.command;
    const { XDG_CONFIG_HOME, XDG_CACHE_HOME, ...kept } = env;
    return runTool(program, args, {
      cwd: yard,
      env: {
        ...kept,
        ...wrapped.env,
        HOME: join(yard, 'home'),
        UV_CACHE_DIR: join(cache, 'uv'),
        PIP_CACHE_DIR: join(cache, 'pip'),
      },
      signal,
      onLine: lineTo(progress),
    });
  }
}

/** Where an installer works: the files that it is given, and folders for what it leaves behind. */
async function prepareYard(
  yard: string,
  requirements: Requirements,
): Promise<void> {
  for (const folder of ['home', 'tmp'])
    await mkdir(join(yard, folder), { recursive: true });
  await writeFile(join(yard, requirementsFile), requirements.text);
  if (requirements.constraints)
    await writeFile(join(yard, constraintsFile), requirements.constraints);
  for (const [name, path] of requirements.files) {
    await mkdir(dirname(join(yard, name)), { recursive: true });
    await copyFile(path, join(yard, name));
  }
}

function uvInstall(
  uv: UsableUv,
  { root, requirements }: Attempt,
  ...more: string[]
): [string, ...string[]] {
  return [
    uv.command,
    ...['pip', 'install', '--python', join(root, 'bin', 'python')],
    // Into this folder, come what may. Without its pyvenv.cfg the folder's Python is the machine's own: uv of a portal that
    // was killed would install there, once the next portal has begun to remove the folder.
    ...['--prefix', root],
    ...more,
    // pip comes along for entry points that call it, as in every virtual environment.
    'pip',
    ...argumentsFor(requirements),
  ];
}

function argumentsFor(requirements: Requirements): string[] {
  return [
    '-r',
    requirementsFile,
    ...(requirements.constraints ? ['-c', constraintsFile] : []),
  ];
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

async function makeVenv(
  root: string,
  flags: string[],
  { python, progress, signal }: BuildOptions,
): Promise<void> {
  const { exitCode, lines } = await runTool(
    python.command,
    ['-m', 'venv', ...flags, root],
    { env: pipEnvironment(), signal, onLine: lineTo(progress) },
  );
  if (exitCode === 0) return;
  throw new AttemptFailure(
    'PythonMissing',
    `Python ${
      python.version
    } could not make a virtual environment; its venv module is missing or broken (on Debian: install python3-venv). It said: ${lines.at(
      -1,
    )}`,
  );
}

/** Shows the packages of a prebuilt environment to another one, behind its own. Their .pth files count as well. */
async function extend(
  root: string,
  { packages, python }: ExtendedEnvironment,
): Promise<void> {
  const [major, minor] = python.version.split('.');
  const own = join(root, 'lib', `python${major}.${minor}`, 'site-packages');
  const text = JSON.stringify(packages).replace(
    /[^\x20-\x7e]/g,
    letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  await writeFile(
    join(own, 'prebuilt-environment.pth'),
    `import site; site.addsitedir(${text})\n`,
  );
}

function lineTo(progress: Progress) {
  return (line: string) => void progress(line.trimEnd());
}

/** A prebuilt environment that another one is made on top of. */
type ExtendedEnvironment = {
  name: string;
  python: Python;
  /** The folder with its packages. */
  packages: string;
  /** What has to be readable for it. */
  reads: string[];
  /** Another one once its packages have changed. */
  identity: string;
};

type UsableUv = Exclude<
  Awaited<ReturnType<Uv['get']>>,
  { unusable: string } | undefined
>;

/** One try to install what is required, in folders of its own. */
type Attempt = {
  root: string;
  yard: string;
  requirements: Requirements;
  options: BuildOptions;
};

type BuildOptions = {
  extended?: ExtendedEnvironment;
  /** As the project names it. */
  file?: string;
  requirements?: Requirements;
  owner: string;
  python: Python;
  progress: Progress;
  signal: AbortSignal;
};
