import { join } from 'node:path';
import type { RootConfigService } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';
import { readDataDir } from '@downstage/node';
import { z } from 'zod';
import {
  readGovernance,
  type GovernanceOptions,
} from './governance/readGovernance';
import type { SigningTrust } from './integrity/signatures/verifyBundle';
import type { ExternalSource } from './tracking/externalSources';
import { readExternalSources } from './tracking/readExternalSources';
import { readSigningTrust } from './integrity/signatures/readSigningTrust';

/** The configuration of the registry, read once. */
export type MlRegistryOptions = {
  /** Folder of the artifacts. */
  artifactsDir: string;
  /** Signs short-lived addresses; made once and kept beside the artifacts unless given. */
  signingKey?: string;
  /** How long what was deleted can be restored, in milliseconds. */
  retentionMs: number;
  /** Where people see the portal; links in answers to MLflow clients start with it. */
  portalUrl: string;
  /** Gates, approvals, and what only a decision may change. */
  governance: GovernanceOptions;
  /** Whose model signatures count. */
  signing: SigningTrust;
  /** Where models may be registered from, beside this server. */
  externalSources: ExternalSource[];
  /** Hosts that may be imported from though they are inside. */
  importAllow: string[];
  webhooks: {
    /** Seals secrets; a key is made and kept in `secretKeyFile` unless given. */
    secretKey?: string;
    secretKeyFile: string;
    /** Hosts that may be called though they are inside. */
    allow: string[];
  };
};

export function readMlRegistryConfig(
  config: RootConfigService,
): MlRegistryOptions {
  return {
    artifactsDir:
      config.getOptionalString('mlRegistry.artifacts.directory') ??
      join(readDataDir(config), 'artifacts'),
    retentionMs: readRetention(config),
    signingKey: config.getOptionalString('mlRegistry.artifacts.signingKey'),
    governance: readGovernance(config),
    signing: readSigningTrust(config),
    externalSources: readExternalSources(config),
    importAllow: config.getOptionalStringArray('mlRegistry.import.allow') ?? [],
    webhooks: {
      secretKey: config.getOptionalString('mlRegistry.webhooks.secretKey'),
      secretKeyFile: join(readDataDir(config), 'registry-secrets.key'),
      allow: config.getOptionalStringArray('mlRegistry.webhooks.allow') ?? [],
    },
    portalUrl: (config.getOptionalString('app.baseUrl') ?? '').replace(
      /\/+$/,
      '',
    ),
  };
}

const durationSchema = z.strictObject({
  years: z.number().optional(),
  months: z.number().optional(),
  weeks: z.number().optional(),
  days: z.number().optional(),
  hours: z.number().optional(),
  minutes: z.number().optional(),
  seconds: z.number().optional(),
});

function readRetention(config: RootConfigService): number {
  const given = config.getOptional('mlRegistry.retention');
  if (given === undefined) return 30 * 24 * 3_600_000;
  const duration = durationSchema.safeParse(given);
  if (duration.success) return durationToMilliseconds(duration.data);
  throw new InputError(
    `mlRegistry.retention has to be a duration such as { days: 30 }: ${z.prettifyError(
      duration.error,
    )}`,
  );
}
