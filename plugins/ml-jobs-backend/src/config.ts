import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { readDataDir } from '@downstage/node';
import type { AdmissionOptions } from './domain/admission/queueOptions';
import { memoryBytes } from './domain/duration';
import { readAdmission } from './readAdmission';
import {
  isolationKinds,
  type IsolationKind,
} from './providers/local/isolation/Isolation';

/** The configuration of jobs as a plain value; `config.d.ts` says what each key means. */
export type MlJobsOptions = {
  dataDir: string;
  jobsFolder: string;
  environmentsFolder: string;
  repositoriesFolder: string;
  archivesFolder: string;
  logsFolder: string;
  uvFolder: string;
  runtime?: string;
  sourceRoots: string[];
  sourceHosts: string[];
  admission: AdmissionOptions;
  /** How long a place may give no sign before its attempts are given up. */
  lostAfterMs: number;
  local: {
    enabled: boolean;
    slots: number;
    /** Cores and bytes that its jobs may hold together. */
    resources: { cpu: number; memory: number };
    python?: string;
    uv: boolean;
    environments: Record<string, string>;
    graceMs: number;
    isolation: IsolationKind | 'auto';
    readOnly: string[];
    indexes: string[];
    log: { headBytes: number; tailBytes: number; bytesPerSecond: number };
  };
};

export function readMlJobsConfig(
  root: RootConfigService,
  environment: string | undefined = process.env.NODE_ENV,
): MlJobsOptions {
  const dataDir = readDataDir(root);
  const config = root.getOptionalConfig('mlJobs');
  const slots =
    config?.getOptionalNumber('local.slots') ??
    Math.max(1, availableParallelism() - 1);
  if (!Number.isInteger(slots) || slots < 1) {
    throw new InputError(
      `mlJobs.local.slots is ${slots}; expected a whole number of at least 1`,
    );
  }
  const environments = config?.getOptionalConfig('local.environments');
  return {
    dataDir,
    jobsFolder: join(dataDir, 'jobs'),
    environmentsFolder: join(dataDir, 'environments'),
    repositoriesFolder: join(dataDir, 'repositories'),
    archivesFolder: join(dataDir, 'archives'),
    logsFolder: join(dataDir, 'job-logs'),
    uvFolder: join(dataDir, 'tools', 'uv'),
    runtime: config?.getOptionalString('runtime'),
    sourceRoots: [
      join(dataDir, 'projects'),
      ...(config?.getOptionalStringArray('sourceRoots') ?? []).map(path =>
        resolve(path),
      ),
    ],
    sourceHosts: config?.getOptionalStringArray('sourceHosts') ?? [
      'github.com',
      'gitlab.com',
      'bitbucket.org',
    ],
    admission: readAdmission(config),
    lostAfterMs: readLostAfter(config?.getOptionalNumber('lostAfterMinutes')),
    local: {
      resources: {
        cpu: config?.getOptionalNumber('local.cores') ?? availableParallelism(),
        memory: readMemory(config?.getOptionalString('local.memory')),
      },
      enabled:
        config?.getOptionalBoolean('local.enabled') ??
        environment === 'development',
      slots,
      python: config?.getOptionalString('local.python'),
      uv: config?.getOptionalBoolean('local.uv') ?? true,
      environments: Object.fromEntries(
        (environments?.keys() ?? []).map(name => [
          name,
          environments?.getString(name) ?? '',
        ]),
      ),
      isolation: readIsolation(config?.getOptionalString('local.isolation')),
      readOnly: (config?.getOptionalStringArray('local.readOnly') ?? []).map(
        path => resolve(path),
      ),
      indexes: config?.getOptionalStringArray('local.indexes') ?? [],
      log: {
        headBytes: readMiB(config, 'local.log.headMiB', 64),
        tailBytes: readMiB(config, 'local.log.tailMiB', 64),
        bytesPerSecond: readMiB(config, 'local.log.perSecondMiB', 8),
      },
      graceMs: (config?.getOptionalNumber('local.graceSeconds') ?? 10) * 1000,
    },
  };
}

/**
 * Ten minutes unless given: a machine starts again in less, and quota that nobody uses is kept no longer. At least one:
 * portals tell of their places every few seconds, and one that is held up is not gone.
 */
function readLostAfter(minutes = 10): number {
  if (minutes >= 1) return minutes * 60_000;
  throw new InputError(
    `mlJobs.lostAfterMinutes is ${minutes}; expected a number of at least 1`,
  );
}

/** Of the machine, or of the container that the portal runs in. */
function readMemory(text: string | undefined): number {
  if (text === undefined) {
    const limit = process.constrainedMemory();
    return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  }
  try {
    return memoryBytes(text);
  } catch {
    throw new InputError(
      `mlJobs.local.memory is '${text}'; expected an amount such as 512Mi or 32Gi`,
    );
  }
}

/** At least one: a log of nothing would hide why a job failed. */
function readMiB(
  config: RootConfigService | undefined,
  key: string,
  usual: number,
): number {
  const value = config?.getOptionalNumber(key) ?? usual;
  if (value >= 1 && value <= 1024 ** 2) return Math.floor(value * 1024 ** 2);
  throw new InputError(
    `mlJobs.${key} is ${value}; expected a number of MiB from 1 to ${
      1024 ** 2
    }`,
  );
}

function readIsolation(text = 'auto'): IsolationKind | 'auto' {
  const kind = (['auto', ...isolationKinds] as const).find(
    known => known === text,
  );
  if (kind) return kind;
  throw new InputError(
    `mlJobs.local.isolation is '${text}'; allowed are auto, ${isolationKinds.join(
      ', ',
    )}`,
  );
}
