import type { RootConfigService } from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import type { Amounts } from './domain/admission/amounts';
import {
  defaultQueue,
  usualAdmission,
  usualQueue,
  type AdmissionOptions,
  type PriorityClass,
  type QueueOptions,
} from './domain/admission/queueOptions';
import { memoryBytes } from './domain/duration';

type Config = NonNullable<ReturnType<RootConfigService['getOptionalConfig']>>;

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;

/** Queues and priority classes out of `mlJobs`; `config.d.ts` says what each key means. */
export function readAdmission(config: Config | undefined): AdmissionOptions {
  const queues = readNamed(config, 'queues', readQueue);
  const priorities = readNamed(config, 'priorities', readPriority);
  const minutes = readAmount(config, 'reserveAfterMinutes');
  return {
    queues: queues.some(({ name }) => name === defaultQueue)
      ? queues
      : [...queues, usualQueue],
    priorities: {
      ...usualAdmission.priorities,
      ...Object.fromEntries(priorities),
    },
    reserveAfterMs:
      minutes === undefined ? usualAdmission.reserveAfterMs : minutes * 60_000,
  };
}

function readNamed<T>(
  config: Config | undefined,
  key: string,
  read: (name: string, config: Config, path: string) => T,
): T[] {
  const all = config?.getOptionalConfig(key);
  return (all?.keys() ?? []).map(name => {
    const path = `mlJobs.${key}.${name}`;
    if (!namePattern.test(name))
      throw new InputError(
        `'${path}' has a name that is not allowed; expected up to 63 letters, digits and . _ -`,
      );
    return read(name, all!.getConfig(name), path);
  });
}

function readQueue(name: string, config: Config, path: string): QueueOptions {
  const weight = config.getOptionalNumber('weight') ?? 1;
  if (!(weight > 0))
    throw new InputError(
      `${path}.weight is ${weight}; expected a number above 0`,
    );
  const groups = config.getOptionalStringArray('groups') ?? [];
  const borrows = config.getOptionalBoolean('borrows') ?? false;
  return {
    name,
    weight,
    groups: groups.map(ref => readGroup(ref, `${path}.groups`)),
    runtimes: config.getOptionalStringArray('runtimes') ?? [],
    quota: readAmounts(config.getOptionalConfig('quota'), `${path}.quota`),
    ...(borrows && {
      borrowing: readAmounts(
        config.getOptionalConfig('borrowLimit'),
        `${path}.borrowLimit`,
      ),
    }),
    lends: config.getOptionalBoolean('lends') ?? false,
    period: readFigures(
      config.getOptionalConfig('monthly'),
      ['cpuHours', 'gpuHours'],
      `${path}.monthly`,
    ),
    held: config.getOptionalBoolean('held') ?? false,
    accepts: config.getOptionalBoolean('accepts') ?? true,
  };
}

function readPriority(
  name: string,
  config: Config,
): [name: string, value: PriorityClass] {
  return [
    name,
    {
      value: config.getNumber('value'),
      preemptible: config.getOptionalBoolean('preemptible') ?? false,
    },
  ];
}

function readGroup(ref: string, path: string): string {
  try {
    return stringifyEntityRef(
      parseEntityRef(ref, {
        defaultKind: 'group',
        defaultNamespace: 'default',
      }),
    );
  } catch (error) {
    throw new InputError(
      `${path} has '${ref}'; expected groups such as group:default/research`,
      error,
    );
  }
}

function readAmounts(config: Config | undefined, path: string): Amounts {
  const memory = config?.getOptionalString('memory');
  const figures = readFigures(config, ['slots', 'cpu', 'gpus'], path);
  if (memory === undefined) return figures;
  try {
    return { ...figures, memory: memoryBytes(memory) };
  } catch {
    throw new InputError(
      `${path}.memory is '${memory}'; expected an amount such as 512Mi or 64Gi`,
    );
  }
}

function readFigures(
  config: Config | undefined,
  keys: readonly string[],
  path: string,
): Amounts {
  const found: [string, number][] = [];
  for (const key of keys) {
    const value = readAmount(config, key, path);
    if (value !== undefined) found.push([key, value]);
  }
  return Object.fromEntries(found);
}

function readAmount(
  config: Config | undefined,
  key: string,
  path = 'mlJobs',
): number | undefined {
  const value = config?.getOptionalNumber(key);
  if (value === undefined || value >= 0) return value;
  throw new InputError(
    `${path}.${key} is ${value}; expected a number of at least 0`,
  );
}
