import { join } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { readDataDir } from '@downstage/node';

/** The configuration of the registry, read once. */
export type MlRegistryOptions = {
  /** Folder of the artifacts. */
  artifactsDir: string;
  /** Signs short-lived addresses; made once and kept beside the artifacts unless given. */
  signingKey?: string;
  /** Where people see the portal; links in answers to MLflow clients start with it. */
  portalUrl: string;
};

export function readMlRegistryConfig(
  config: RootConfigService,
): MlRegistryOptions {
  return {
    artifactsDir:
      config.getOptionalString('mlRegistry.artifacts.directory') ??
      join(readDataDir(config), 'artifacts'),
    signingKey: config.getOptionalString('mlRegistry.artifacts.signingKey'),
    portalUrl: (config.getOptionalString('app.baseUrl') ?? '').replace(
      /\/+$/,
      '',
    ),
  };
}
