import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { readDataDir } from '@downstage/node';
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
  uvFolder: string;
  runtime?: string;
  sourceRoots: string[];
  sourceHosts: string[];
  local: {
    enabled: boolean;
    slots: number;
    python?: string;
    uv: boolean;
    environments: Record<string, string>;
    graceMs: number;
    isolation: IsolationKind | 'auto';
    readOnly: string[];
    indexes: string[];
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
    local: {
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
      graceMs: (config?.getOptionalNumber('local.graceSeconds') ?? 10) * 1000,
    },
  };
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
