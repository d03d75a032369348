import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InputError } from '@backstage/errors';
import { z } from 'zod';

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
