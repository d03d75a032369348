import { isAbsolute, join, resolve } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { readDataDir } from '@downstage/node';

export type MlDataOptions = {
  /** Absolute folders that data may be read from; the data directory is the last. */
  roots: string[];
  /** Where versions are kept: `<dataDir>/datasets`. */
  snapshotDir: string;
  profile: { threads: number; memoryLimit: string };
};

export function readMlDataConfig(root: RootConfigService): MlDataOptions {
  const dataDir = readDataDir(root);
  const config = root.getOptionalConfig('mlData');
  const roots = config?.getOptionalStringArray('roots') ?? [];
  return {
    roots: [
      ...roots.map(folder => (isAbsolute(folder) ? folder : resolve(folder))),
      dataDir,
    ],
    snapshotDir: join(dataDir, 'datasets'),
    profile: {
      threads: config?.getOptionalNumber('profile.threads') ?? 2,
      memoryLimit: config?.getOptionalString('profile.memoryLimit') ?? '1GB',
    },
  };
}
