import { resolve } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';

/** The folder in which everything lives that is written on this machine: `downstage.dataDir`, else `.downstage`. */
export function readDataDir(config: RootConfigService): string {
  return resolve(config.getOptionalString('downstage.dataDir') ?? '.downstage');
}
