import { isAbsolute, join, resolve } from 'node:path';
import type { Config } from '@backstage/config';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import { readDataDir } from '@downstage/node';
import type { Root, Roots } from './storage/locateSource';

export type MlDataOptions = {
  roots: Roots;
  /** Where versions are kept: `<dataDir>/datasets`. */
  snapshotDir: string;
  reading: { concurrency: number; threads: number; memoryLimit: string };
};

export function readMlDataConfig(root: RootConfigService): MlDataOptions {
  const dataDir = readDataDir(root);
  const config = root.getOptionalConfig('mlData');
  const database = root.getOptional('backend.database.connection');
  const directory =
    database && typeof database === 'object' && 'directory' in database
      ? database.directory
      : undefined;
  return {
    roots: {
      roots: readRoots(config),
      own: [
        dataDir,
        ...(typeof directory === 'string' ? [resolve(directory)] : []),
      ],
    },
    snapshotDir: join(dataDir, 'datasets'),
    reading: {
      concurrency: config?.getOptionalNumber('profile.concurrency') ?? 2,
      threads: config?.getOptionalNumber('profile.threads') ?? 2,
      memoryLimit: config?.getOptionalString('profile.memoryLimit') ?? '1GB',
    },
  };
}

const absolute = (path: string) => (isAbsolute(path) ? path : resolve(path));

/** A path, or `{ path, groups }` where only some may register from it. */
function readRoots(config: Config | undefined): Root[] {
  const found = config?.getOptional('roots');
  if (found === undefined) return [];
  if (!Array.isArray(found)) {
    throw new InputError(
      'mlData.roots: expected a list of folders, each a path or { path, groups }',
    );
  }
  return found.map((item, i) => {
    if (typeof item === 'string') return { path: absolute(item) };
    const { path, groups } = Object(item);
    const named =
      groups === undefined ||
      (Array.isArray(groups) && groups.every(g => typeof g === 'string'));
    if (typeof path !== 'string' || !named) {
      throw new InputError(
        `mlData.roots[${i}]: expected a path, or a path with groups such as [group:default/credit]`,
      );
    }
    return {
      path: absolute(path),
      ...(groups && { groups: groups.map(toGroupRef) }),
    };
  });
}

function toGroupRef(text: string) {
  return stringifyEntityRef(parseEntityRef(text, { defaultKind: 'group' }));
}
