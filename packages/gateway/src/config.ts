import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { InputError } from '@backstage/errors';
import { z } from 'zod';

const number = (options: { least: number; default: number }) =>
  z.coerce
    .number<string | number>()
    .int()
    .min(options.least)
    .default(options.default);

const part = z.coerce.number<string | number>().min(0).max(1);

const configSchema = z.strictObject({
  host: z.string().default('127.0.0.1'),
  /** 0 takes a free port; the file gateway.json in the state folder says which. */
  port: z.coerce
    .number<string | number>()
    .int()
    .min(0)
    .max(65535)
    .default(7008),
  stateDir: z.string().min(1),
  logDir: z.string().min(1),
  adminTokenFile: z.string().min(1),
  rollSeconds: z.coerce.number<string | number>().min(1).default(60),
  flushMs: z.coerce.number<string | number>().int().min(10).default(200),
  logQueueRows: z.coerce.number<string | number>().int().min(1).default(50_000),
  maxBodyBytes: z.coerce
    .number<string | number>()
    .int()
    .min(1024)
    .default(16 * 1024 * 1024),
  /** Bytes of requests and answers that may be in memory, over all models. */
  maxHeldBytes: number({ least: 1024 * 1024, default: 512 * 1024 * 1024 }),
  /** Bytes of requests that may wait for one version. */
  maxQueueBytes: number({ least: 1024, default: 64 * 1024 * 1024 }),
  /** A version that does not load and warm up in this time has failed. */
  loadTimeoutSeconds: z.coerce.number<string | number>().min(1).default(120),
  /** A run that takes longer is ended, with the process of its version. */
  inferenceTimeoutMs: number({ least: 10, default: 30_000 }),
  /** Resident memory of the process of one version; half of the machine's unless given, 0 for no limit. */
  modelMemoryBytes: number({ least: 0, default: Math.floor(totalmem() / 2) }),
  /** How much nicer than the gateway a model is while it computes much; 0 leaves all models alike. Linux. */
  heavyNiceness: z.coerce
    .number<string | number>()
    .int()
    .min(0)
    .max(19)
    .default(10),
  /** The same for the gateway and models that compute little, to what it was started with; where the system allows it. */
  lightNiceness: z.coerce
    .number<string | number>()
    .int()
    .min(-20)
    .max(0)
    .default(-10),
  /** How long a starting server may say that it is not ready because a model is still loading. */
  startPatienceMs: number({ least: 0, default: 30_000 }),
  logQueueBytes: number({ least: 1024, default: 64 * 1024 * 1024 }),
  /** Which part of the requests is logged, from 0 (none) to 1 (all). */
  logSampling: part.default(1),
  /** The same for single endpoints, by name. */
  logSamplingByEndpoint: z
    .preprocess(
      value => (typeof value === 'string' ? JSON.parse(value) : value),
      z.record(z.string(), part),
    )
    .default({}),
  /** Days for which rolled rows are kept; for ever when absent. */
  logRetentionDays: z.coerce.number<string | number>().int().min(1).optional(),
  /** Answers everybody, without a token: for benchmarks, and networks that only trusted programs reach. */
  open: z.stringbool().or(z.boolean()).default(false),
});
export type GatewayConfig = z.infer<typeof configSchema>;

const flags: Record<keyof GatewayConfig, string> = {
  host: 'host',
  port: 'port',
  stateDir: 'state-dir',
  logDir: 'log-dir',
  adminTokenFile: 'admin-token-file',
  rollSeconds: 'roll-seconds',
  flushMs: 'flush-ms',
  logQueueRows: 'log-queue-rows',
  maxBodyBytes: 'max-body-bytes',
  maxHeldBytes: 'max-held-bytes',
  maxQueueBytes: 'max-queue-bytes',
  loadTimeoutSeconds: 'load-timeout-seconds',
  inferenceTimeoutMs: 'inference-timeout-ms',
  modelMemoryBytes: 'model-memory-bytes',
  heavyNiceness: 'heavy-niceness',
  lightNiceness: 'light-niceness',
  startPatienceMs: 'start-patience-ms',
  logQueueBytes: 'log-queue-bytes',
  logSampling: 'log-sampling',
  logSamplingByEndpoint: 'log-sampling-by-endpoint',
  logRetentionDays: 'log-retention-days',
  open: 'open',
};

/**
 * Reads the configuration: a JSON file (`--config`), over it the environment (`DOWNSTAGE_GATEWAY_STATE_DIR`),
 * over that the flags (`--state-dir`).
 *
 * @throws InputError naming what is wrong or missing
 */
export function readConfig(
  args: string[],
  env: Record<string, string | undefined>,
): GatewayConfig {
  const { values } = parseArgs({
    args,
    options: Object.fromEntries(
      ['config', ...Object.values(flags)].map(name => [
        name,
        { type: 'string' as const },
      ]),
    ),
  });
  const fromFile: unknown =
    typeof values.config === 'string'
      ? JSON.parse(readFileSync(values.config, 'utf8'))
      : {};
  const given = Object.fromEntries(
    Object.entries(flags).flatMap(([key, flag]) => {
      const variable = `DOWNSTAGE_GATEWAY_${flag
        .toUpperCase()
        .replaceAll('-', '_')}`;
      const value = values[flag] ?? env[variable];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  return checkConfig({ ...Object(fromFile), ...given });
}

/** Fills in defaults. */
export function checkConfig(
  input: z.input<typeof configSchema>,
): GatewayConfig {
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) {
    throw new InputError(
      `Invalid gateway configuration: ${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
}
