import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stringifyError } from '@backstage/errors';
import { parsePipSettings, toUvVariables } from './pipSettings';
import { pipEnvironment, runTool } from './runTool';

/** uv, ready to use, or why it is not. */
export type UvState =
  | { command: string; env: Record<string, string> }
  | { unusable: string };

/** Only what is ready made, and no long wait for an index that does not answer. */
const quickly = [
  '--quiet',
  '--only-binary=:all:',
  '--retries=1',
  '--timeout=15',
];

/**
 * The installer uv, which does in seconds what takes pip a minute. It is installed with pip, once, into a folder of
 * its own, from where this machine gets its packages.
 *
 * @remarks
 * Never needed: whatever stands in its way, pip does the work. A failure is remembered until the portal starts again.
 * So a machine without access to uv does not try at every build. The folder appears whole, by a rename.
 */
export class Uv {
  readonly #folder: string;
  #state?: Promise<UvState | undefined>;

  constructor(options: { folder: string }) {
    this.#folder = options.folder;
  }

  async get(options: {
    python: { command: string };
    signal: AbortSignal;
  }): Promise<UvState> {
    const { signal } = options;
    for (;;) {
      this.#state ??= this.#make(options).catch(error => {
        if (!signal.aborted) return { unusable: stringifyError(error) };
        // Cancelled by the job that began; a job that waits begins again.
        this.#state = undefined;
        return undefined;
      });
      const state = await this.#state;
      signal.throwIfAborted();
      if (state) return state;
    }
  }

  async #make(options: {
    python: { command: string };
    signal: AbortSignal;
  }): Promise<UvState> {
    const found = await this.#look(options.signal);
    if (found) return found;
    await this.#install(options);
    return (
      (await this.#look(options.signal)) ?? {
        unusable: 'it was installed and does not start',
      }
    );
  }

  async #look(signal: AbortSignal): Promise<UvState | undefined> {
    const env = pipEnvironment();
    const run = (command: string, args: string[]) =>
      runTool(join(this.#folder, 'bin', command), args, {
        env,
        signal,
        keepLines: 1_000,
      }).catch(() => undefined);
    const version = await run('uv', ['--version']);
    // Its Python goes when the machine's is upgraded; then pip cannot tell its settings, and all is made anew.
    const settings = await run('python', ['-m', 'pip', 'config', 'list']);
    signal.throwIfAborted();
    if (version?.exitCode !== 0 || settings?.exitCode !== 0) return undefined;
    const { variables, unknown } = toUvVariables(
      parsePipSettings(settings.lines),
    );
    if (unknown.length) {
      return {
        unusable: `the pip settings of this machine name ${unknown.join(
          ', ',
        )}, which uv cannot be told`,
      };
    }
    return {
      command: join(this.#folder, 'bin', 'uv'),
      env: {
        ...env,
        ...variables,
        // A pyproject.toml of the project must not change an environment that others share.
        UV_NO_CONFIG: '1',
        UV_PYTHON_DOWNLOADS: 'never',
        UV_NO_PROGRESS: '1',
      },
    };
  }

  async #install(options: {
    python: { command: string };
    signal: AbortSignal;
  }): Promise<void> {
    const { python, signal } = options;
    const env = pipEnvironment();
    const draft = `${this.#folder}-${randomUUID().slice(0, 8)}`;
    await mkdir(join(this.#folder, '..'), { recursive: true });
    try {
      for (const [command, args] of [
        [python.command, ['-m', 'venv', draft]],
        [
          join(draft, 'bin', 'python'),
          ['-m', 'pip', 'install', ...quickly, 'uv>=0.5,<1'],
        ],
      ] as const) {
        const { exitCode, lines } = await runTool(command, [...args], {
          env,
          signal,
        });
        if (exitCode !== 0) throw new Error(lines.at(-1) ?? 'no output');
      }
      await rm(this.#folder, { recursive: true, force: true });
      await rename(draft, this.#folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
}
