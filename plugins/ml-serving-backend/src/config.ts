import { join } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { readDataDir } from '@downstage/node';

export type MlServingOptions = {
  gateway: {
    host: string;
    port: number;
    publicUrl: string | undefined;
    rollSeconds: number;
    /** Wish, pid, token and output of the gateway: `<dataDir>/gateway`. */
    stateDir: string;
  };
  /** `<dataDir>/predictions`. */
  logDir: string;
  /** Copies of served models: `<dataDir>/serving/models`. */
  modelDir: string;
  pollMs: number;
};

export function readMlServingConfig(root: RootConfigService): MlServingOptions {
  const dataDir = readDataDir(root);
  const config = root.getOptionalConfig('mlServing');
  return {
    gateway: {
      host: config?.getOptionalString('gateway.host') ?? '127.0.0.1',
      port: config?.getOptionalNumber('gateway.port') ?? 7008,
      publicUrl: config?.getOptionalString('gateway.publicUrl'),
      rollSeconds: config?.getOptionalNumber('gateway.rollSeconds') ?? 60,
      stateDir: join(dataDir, 'gateway'),
    },
    logDir: join(dataDir, 'predictions'),
    modelDir: join(dataDir, 'serving', 'models'),
    pollMs: (config?.getOptionalNumber('pollSeconds') ?? 15) * 1000,
  };
}
