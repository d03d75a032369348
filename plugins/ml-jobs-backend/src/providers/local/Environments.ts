import { createHash, randomUUID } from 'node:crypto';
import {
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { AttemptFailure } from './AttemptFailure';
import { findPython, foldersOfPython } from './python';
import { readRequirements } from './requirements';
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

/**
 * Virtual environments, one for each set of requirements, built once and shared by every job that has the same.
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
  readonly #building = new Map<string, Promise<void>>();

  constructor(options: {
    folder: string;
    python?: string;
    prebuilt?: Record<string, string>;
    /** Installs instead of pip where it can. */
    uv?: Pick<Uv, 'get'>;
  }) {
    this.#folder = options.folder;
    this.#python = options.python;
    this.#prebuilt = options.prebuilt ?? {};
    this.#uv = options.uv;
  }

  async provide(options: {
    project: string;
    environment?: { requirements?: string; name?: string };
    progress: Progress;
    signal: AbortSignal;
  }): Promise<Environment> {
    const { project, environment = {}, progress, signal } = options;
    if (environment.name) return this.#named(environment.name);

    const python = await findPython({ configured: this.#python, signal });
    const requirements = environment.requirements
      ? await readRequirements(project, environment.requirements)
      : { hash: 'bare' };
    const id = createHash('sha256')
      .update(
        [
          requirements.hash,
          python.version,
          process.platform,
          process.arch,
        ].join(' '),
      )
      .digest('hex')
      .slice(0, 16);

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
        ...options,
        python,
        requirements: environment.requirements,
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
      else if (!(await this.#installWithUv(root, requirements, options)))
        await installWithPip(root, requirements, options);
      const link = join(this.#folder, `${name}.link`);
      await symlink(name, link);
      await rename(link, join(this.#folder, id));
      await progress(`Environment ${id} is ready`);
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      throw error;
    }
  }

  /** False when uv is not to be had or did not manage; pip then begins anew and has the last word. */
  async #installWithUv(
    root: string,
    requirements: string,
    options: BuildOptions,
  ): Promise<boolean> {
    const { project, progress, signal } = options;
    const uv = await this.#uv?.get(options);
    if (!uv) return false;
    if ('unusable' in uv) {
      await progress(`Installing with pip, because of uv: ${uv.unusable}`);
      return false;
    }
    await makeVenv(root, ['--without-pip'], options);
    // pip comes along for entry points that call it, as in every virtual environment.
    const { exitCode, lines } = await runTool(
      uv.command,
      [
        'pip',
        'install',
        '--python',
        join(root, 'bin', 'python'),
        'pip',
        '-r',
        requirements,
      ],
      { cwd: project, env: uv.env, signal, onLine: lineTo(progress) },
    );
    if (exitCode === 0) return true;
    await progress(`uv did not manage (${lines.at(-1)?.trim()}), trying pip`);
    return false;
  }
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

async function installWithPip(
  root: string,
  requirements: string,
  options: BuildOptions,
): Promise<void> {
  const { project, progress, signal } = options;
  await makeVenv(root, ['--clear'], options);
  const { exitCode, lines } = await runTool(
    join(root, 'bin', 'python'),
    [
      '-m',
      'pip',
      'install',
      '--progress-bar',
      'off',
      '--prefer-binary',
      // Python compiles what is imported at the first import; all of it beforehand takes longer than that saves.
      '--no-compile',
      '-r',
      requirements,
    ],
    {
      cwd: project,
      env: pipEnvironment(),
      signal,
      onLine: lineTo(progress),
    },
  );
  if (exitCode === 0) return;
  const error = lines.find(line => line.startsWith('ERROR')) ?? lines.at(-1);
  throw new AttemptFailure(
    'InstallFailed',
    `pip could not install ${requirements}: ${error}`,
  );
}

function lineTo(progress: Progress) {
  return (line: string) => void progress(line.trimEnd());
}

type BuildOptions = {
  project: string;
  requirements?: string;
  python: { command: string; version: string };
  progress: Progress;
  signal: AbortSignal;
};
