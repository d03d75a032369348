import { createHash, randomUUID } from 'node:crypto';
import {
  copyFile,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AttemptFailure } from './AttemptFailure';
import { findPython, foldersOfPython } from './python';
import type { Isolation } from './isolation/Isolation';
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
 * Virtual environments, one for each content of requirements and each owner, built once and shared by the owner's jobs that
 * have the same.
 *
 * @remarks
 * An environment is built in a folder of its own name and becomes visible by one rename of the link
 * `<hash>`. A crash leaves a folder without a link, which nobody uses and the next build of the same hash removes; it never
 * leaves half an environment under the final name. Within one portal a hash is built once at a time; two portals on one data
 * directory would both build, and the last link wins.
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
    if (environment.name) return this.#named(environment.name);

    const python = await findPython({ configured: this.#python, signal });
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
        python.version,
        process.platform,
        process.arch,
      ].join(' '),
    );

    const ready = await this.#find(id);
    if (ready) {
      await progress(
        `Environment ${id} is there already (Python ${python.version})`,
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
        ...{ owner, progress, signal, python, requirements },
        file: environment.requirements,
      }));
    signal.throwIfAborted();

    const built = await this.#find(id);
    // Whoever built it was cancelled or failed: then this job builds, and gets the error as its own.
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
    return this.#complete(name, root);
  }

  async #find(id: string): Promise<Environment | undefined> {
    const target = await readlink(join(this.#folder, id)).catch(
      () => undefined,
    );
    if (!target) return undefined;
    const root = join(this.#folder, target);
    // A link whose interpreter went away (Python was upgraded) counts as none.
    if (!(await stat(join(root, 'bin', 'python')).catch(() => undefined)))
      return undefined;
    return this.#complete(id, root);
  }

  async #complete(id: string, root: string): Promise<Environment> {
    const bin = join(root, 'bin');
    const { signal } = new AbortController();
    const python = await foldersOfPython(join(bin, 'python'), signal);
    return { id, root, bin, reads: [root, ...python] };
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
    const { requirements, python, progress } = options;
    await mkdir(this.#folder, { recursive: true });
    for (const left of await readdir(this.#folder)) {
      if (left.startsWith(`${id}-`))
        await rm(join(this.#folder, left), { recursive: true, force: true });
    }
    const name = `${id}-${randomUUID().slice(0, 8)}`;
    const root = join(this.#folder, name);
    await progress(`Building environment ${id} with Python ${python.version}`);
    try {
      if (!requirements) await makeVenv(root, ['--without-pip'], options);
      else await this.#install(root, requirements, options);
      await this.#isolation.seal?.(root);
      const link = join(this.#folder, `${name}.link`);
      await symlink(name, link);
      await rename(link, join(this.#folder, id));
      await progress(`Environment ${id} is ready`);
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      throw error;
    } finally {
      await rm(`${root}.build`, { recursive: true, force: true });
    }
  }

  async #install(
    root: string,
    requirements: Requirements,
    options: BuildOptions,
  ): Promise<void> {
    const yard = `${root}.build`;
    for (const folder of ['home', 'tmp'])
      await mkdir(join(yard, folder), { recursive: true });
    await writeFile(join(yard, requirementsFile), requirements.text);
    if (requirements.constraints)
      await writeFile(join(yard, constraintsFile), requirements.constraints);
    for (const [name, path] of requirements.files) {
      await mkdir(dirname(join(yard, name)), { recursive: true });
      await copyFile(path, join(yard, name));
    }
    if (await this.#installWithUv(root, yard, requirements, options)) return;
    await this.#installWithPip(root, yard, requirements, options);
  }

  /** False when uv is not to be had or did not manage; pip then begins anew and has the last word. */
  async #installWithUv(
    root: string,
    yard: string,
    requirements: Requirements,
    options: BuildOptions,
  ): Promise<boolean> {
    const { progress, signal } = options;
    const uv = await this.#uv?.get(options);
    if (!uv) return false;
    if ('unusable' in uv) {
      await progress(`Installing with pip, because of uv: ${uv.unusable}`);
      return false;
    }
    const install = (...more: string[]) => [
      uv.command,
      'pip',
      'install',
      '--python',
      join(root, 'bin', 'python'),
      ...more,
      // pip comes along for entry points that call it, as in every virtual environment.
      'pip',
      ...argumentsFor(requirements),
    ];
    if (!requirements.builds) {
      await makeVenv(root, ['--without-pip'], options);
      // Wheels are unpacked and none of their code runs, so the caches of the portal's user may serve all.
      const [command, ...args] = install('--only-binary', ':all:');
      const { exitCode, lines } = await runTool(command, args, {
        cwd: yard,
        env: uv.env,
        signal,
        onLine: lineTo(progress),
      });
      if (exitCode === 0) return true;
      await progress(
        `Not from ready-made packages alone (${lines
          .at(-1)
          ?.trim()}); building`,
      );
    }
    await makeVenv(root, ['--clear', '--without-pip'], options);
    const { exitCode, lines } = await this.#isolated(install(), {
      ...{ root, yard, env: uv.env, options },
      reads: [dirname(dirname(uv.command))],
    });
    if (exitCode === 0) return true;
    await progress(`uv did not manage (${lines.at(-1)?.trim()}), trying pip`);
    return false;
  }

  async #installWithPip(
    root: string,
    yard: string,
    requirements: Requirements,
    options: BuildOptions,
  ): Promise<void> {
    await makeVenv(root, ['--clear'], options);
    const python = join(root, 'bin', 'python');
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
        },
        reads: [],
      },
    );
    if (exitCode === 0) return;
    const error = lines.find(line => line.startsWith('ERROR')) ?? lines.at(-1);
    throw new AttemptFailure(
      'InstallFailed',
      `pip could not install ${options.file}: ${error}`,
    );
  }

  /**
   * Runs an installer as a job runs: packages bring code that runs when they are built. It finds caches that only its
   * owner's builds share, so that nobody is served what another owner's package has put there.
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

function lineTo(progress: Progress) {
  return (line: string) => void progress(line.trimEnd());
}

type BuildOptions = {
  /** As the project names it. */
  file?: string;
  requirements?: Requirements;
  owner: string;
  python: { command: string; version: string };
  progress: Progress;
  signal: AbortSignal;
};
