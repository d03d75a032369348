import { join } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { readDataDir } from '@downstage/node';
import {
  gatewayAccessSchema,
  type GatewayAccess,
  type GatewayLimit,
} from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';

export type MlServingOptions = {
  /** Id of the engine of endpoints that name none. */
  engine: string;
  /** Ids of the engines that new endpoints may name; all unless given. */
  engines?: string[];
  gateway: {
    /** Whether this portal runs one at all. */
    enabled: boolean;
    host: string;
    port: number;
    publicUrl: string | undefined;
    rollSeconds: number;
    /** Further flags of the gateway, as `packages/gateway` names them. */
    flags?: string[];
    /** Desired state, pid, token and output of the gateway: `<dataDir>/gateway`. */
    stateDir: string;
    /** Whom it answers, besides what the portal decides. */
    access: Omit<GatewayAccess, 'portal'>;
    /** Endpoints that may answer without a token when they ask for it: refs, names of the namespace default, or `*`. */
    public: string[];
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
    engine: config?.getOptionalString('engine') ?? 'gateway',
    engines: config?.getOptionalStringArray('engines'),
    gateway: {
      enabled: config?.getOptionalBoolean('gateway.enabled') ?? true,
      host: config?.getOptionalString('gateway.host') ?? '127.0.0.1',
      port: config?.getOptionalNumber('gateway.port') ?? 7008,
      publicUrl: config?.getOptionalString('gateway.publicUrl'),
      rollSeconds: config?.getOptionalNumber('gateway.rollSeconds') ?? 60,
      flags: gatewayFlags(config),
      stateDir: join(dataDir, 'gateway'),
      access: readAccess(root),
      public: config?.getOptionalStringArray('gateway.public') ?? [],
    },
    logDir: join(dataDir, 'predictions'),
    modelDir: join(dataDir, 'serving', 'models'),
    pollMs: (config?.getOptionalNumber('pollSeconds') ?? 15) * 1000,
  };
}

/** The address that clients use while nobody knows a better one. */
export function publicUrlOf({
  gateway,
}: {
  gateway: Pick<MlServingOptions['gateway'], 'host' | 'port' | 'publicUrl'>;
}): string {
  return gateway.publicUrl ?? `http://${gateway.host}:${gateway.port}`;
}

/** Generous for an application, and far from what the gateway can do for all of them together. */
const defaultLimits = {
  caller: { perSecond: 500, burst: 2000, concurrent: 64 },
  endpoint: { concurrent: 256 },
} satisfies Record<string, GatewayLimit>;

function readAccess(root: RootConfigService): Omit<GatewayAccess, 'portal'> {
  const gateway = root.getOptionalConfig('mlServing.gateway');
  // Clients reach the gateway by the same name as the portal beside it.
  const baseUrl = root.getOptionalString('backend.baseUrl');
  const publicUrl = gateway?.getOptionalString('publicUrl');
  const limit = (of: keyof typeof defaultLimits): GatewayLimit => {
    const given = gateway?.getOptionalConfig(`limits.${of}`);
    const read = (key: keyof GatewayLimit) => {
      const value = given?.getOptionalNumber(key);
      // 0 stands for no limit.
      return value === 0 ? undefined : value;
    };
    return given
      ? {
          perSecond: read('perSecond'),
          burst: read('burst'),
          concurrent: read('concurrent'),
        }
      : defaultLimits[of];
  };
  const parsed = gatewayAccessSchema.omit({ portal: true }).safeParse({
    hosts: [
      ...[publicUrl, baseUrl].filter(name => name !== undefined),
      ...(gateway?.getOptionalStringArray('hosts') ?? []),
    ],
    origins: gateway?.getOptionalStringArray('cors.origins') ?? [],
    limits: { caller: limit('caller'), endpoint: limit('endpoint') },
    graceSeconds: gateway?.getOptionalNumber('graceSeconds'),
  });
  if (!parsed.success) {
    throw new InputError(
      `Invalid configuration of mlServing.gateway: ${z.prettifyError(
        parsed.error,
      )}`,
    );
  }
  return parsed.data;
}

/** What is only handed on: the gateway checks it, and says so when it does not start. */
function gatewayFlags(
  config: ReturnType<RootConfigService['getOptionalConfig']>,
): string[] {
  const number = (key: string, factor = 1) => {
    const value = config?.getOptionalNumber(key);
    return value === undefined ? undefined : value * factor;
  };
  const byEndpoint = config?.getOptional('predictionLog.samplingByEndpoint');
  const mebibyte = 1024 * 1024;
  const flags = {
    'load-timeout-seconds': number('gateway.loadTimeoutSeconds'),
    'inference-timeout-ms': number('gateway.inferenceTimeoutSeconds', 1000),
    'model-memory-bytes': number('gateway.modelMemoryMebibytes', mebibyte),
    'heavy-niceness': number('gateway.heavyNiceness'),
    'max-body-bytes': number('gateway.maxBodyMebibytes', mebibyte),
    'log-sampling': number('predictionLog.sampling'),
    'log-sampling-by-endpoint': byEndpoint && JSON.stringify(byEndpoint),
    'log-retention-days': number('predictionLog.retentionDays'),
  };
  return Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : [`--${flag}`, String(value)],
  );
}
