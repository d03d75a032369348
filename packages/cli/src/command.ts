import { InputError, ResponseError } from '@backstage/errors';
import type { CliCommand, CliCommandContext } from '@backstage/cli-node';
import type { ContractClient } from '@downstage/common';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import { ZodError } from 'zod';
import { terminal, type Output } from './terminal/output';
import { clientOf, findPortal, type Portal } from './portal';

/** What a command works with. */
export type CommandContext = {
  portal: Portal;
  registry: ContractClient<typeof mlRegistryContract>;
  jobs: ContractClient<typeof mlJobsContract>;
  output: Output;
};

/** `--json`, of every command that lists something. */
export const jsonFlag = {
  type: Boolean,
  description: 'As JSON, for programs',
  default: false,
} as const;

/** How a command ends that an error stopped: its exit code, and what can be done. */
type Ending = (error: unknown) => { exitCode: number; next?: string };

/** A command as its file declares it: it reads the arguments, and gives back what is to be done. */
export type Definition<T> = {
  path: string[];
  description: string;
  read: (
    context: CliCommandContext & { help: { description: string } },
  ) => (context: T) => Promise<void>;
};

/**
 * Turns a command into one of the Backstage CLI. The arguments are read first, so that `--help` needs no portal;
 * then the portal is found, and what goes wrong is one sentence and an exit code, never a stack.
 *
 * @param endingOf - which code, and what can be done; 1 for everything unless given
 */
export function command(
  definition: Definition<CommandContext>,
  endingOf: Ending = () => ({ exitCode: 1 }),
): CliCommand {
  return runsIn(definition, {
    context: async () => {
      const portal = await findPortal();
      const registry = clientOf(portal, {
        contract: mlRegistryContract,
        pluginId: 'ml-registry',
      });
      const jobs = clientOf(portal, {
        contract: mlJobsContract,
        pluginId: 'ml-jobs',
      });
      return { portal, registry, jobs, output: terminal };
    },
    endingOf,
  });
}

/**
 * A command that works with files of this machine, and needs no portal.
 *
 * @param definition - `failure` is the exit code when it cannot do its work
 */
export function localCommand(
  definition: Definition<{ output: Output }> & { failure?: number },
): CliCommand {
  const { failure = 1 } = definition;
  const context = async () => ({ output: terminal });
  return runsIn(definition, {
    context,
    endingOf: () => ({ exitCode: failure }),
  });
}

function runsIn<T>(
  { path, description, read }: Definition<T>,
  options: {
    context: () => Promise<T>;
    endingOf: Ending;
  },
): CliCommand {
  return {
    path,
    description,
    execute: async context => {
      try {
        const run = readArguments(
          () => read({ ...context, help: { description } }),
          options.endingOf,
        );
        await run(await options.context());
      } catch (error) {
        const { exitCode, next } = options.endingOf(error);
        terminal.note(reasonOf(error));
        if (next) terminal.note(next);
        process.exitCode = exitCode;
      }
    },
  };
}

/** What is wrong with arguments is an `InputError`. For an unknown flag the reader of flags ends the process itself. */
function readArguments<T>(read: () => T, endingOf: Ending) {
  const ends = (code: number) => {
    if (code) process.exitCode = endingOf(new InputError()).exitCode;
  };
  process.on('exit', ends);
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError
      ? error
      : new InputError(error instanceof Error ? error.message : String(error));
  } finally {
    process.off('exit', ends);
  }
}

/** The server's own sentence where there is one: a `ResponseError` keeps it as its cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ZodError) {
    const [{ path, message: found }] = error.issues;
    return `The portal answered what this version of downstage does not know (${path.join(
      '.',
    )}: ${found}). Use the version of the portal`;
  }
  const { message } = error.cause instanceof Error ? error.cause : error;
  return error instanceof ResponseError && error.statusCode === 401
    ? `The portal does not take the token: ${message}`
    : message;
}

/** `churn`, `default/churn` and `model:default/churn` are the same model. */
export function modelPath(text: string): { namespace: string; name: string } {
  const match = /^(?:model:)?(?:([^/:]+)\/)?([^/:]+)$/i.exec(text);
  if (!match) {
    throw new Error(
      `'${text}' is not a model: expected a name such as churn, or model:default/churn`,
    );
  }
  return { namespace: match[1] ?? 'default', name: match[2] };
}

/** A flag that takes one of a few words; the refusal names them. */
export function oneOf<T extends string>(options: readonly T[]) {
  return (text: string): T => {
    const found = options.find(option => option === text);
    if (found !== undefined) return found;
    throw new Error(`'${text}' is not one of ${options.join(', ')}`);
  };
}

/** A flag that takes a number. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() && Number.isFinite(value)) return value;
  throw new Error(`'${text}' is not a number`);
}

/** Words after those that a command takes would be left out without a word: of a reason in no quotes, for one. */
export function refuseMore(given: readonly string[], taken: number): void {
  if (given.length <= taken) return;
  throw new Error(
    `'${given[taken]}' is one word too many; what has spaces is put in quotes`,
  );
}

/** The full ref of a model: `model:default/churn`. */
export function modelRef(text: string): string {
  const { namespace, name } = modelPath(text);
  return `model:${namespace}/${name}`;
}

/** Whom things belong to: `diagnostics` is the group of that name, anything with a kind is taken as it stands. */
export function ownerRef(text: string): string {
  if (text.includes(':')) return text;
  return `group:${text.includes('/') ? text : `default/${text}`}`;
}
