import { createHash, timingSafeEqual } from 'node:crypto';
import { AuthenticationError, InputError } from '@backstage/errors';
import {
  gatewayDesiredStateSchema,
  type GatewayStats,
  type GatewayStatus,
} from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';
import type { AccessControl } from '../auth/AccessControl';
import type { ModelHost } from '../host/ModelHost';
import type { StateFile } from '../host/StateFile';
import type { ByteBudget } from '../http/ByteBudget';
import type { Route } from '../http/createServer';
import type { Exchange } from '../http/Exchange';
import type { PredictionLog } from '../log/PredictionLog';
import { toPrometheus } from '../traffic/prometheus';
import type { Traffic } from '../traffic/Traffic';

/** The desired state, the state and the figures, for holders of the admin token; and metrics for Prometheus. */
export function adminRoutes(options: {
  token: string;
  startedAt: string;
  host: ModelHost;
  stateFile: StateFile;
  log: PredictionLog;
  traffic: Traffic;
  accessControl: AccessControl;
  budget: ByteBudget;
  problems: { count: number; refused: ReadonlyMap<number, number> };
}): Route[] {
  const { accessControl, host, stateFile, log, traffic } = options;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(`Bearer ${options.token}`);
  const authenticate = (exchange: Exchange) => {
    const given = digest(exchange.header('authorization') ?? '');
    if (!timingSafeEqual(given, wanted)) {
      throw new AuthenticationError(
        'The admin API wants the bearer token of the gateway',
      );
    }
  };
  /** Of all endpoints unless some are named: who looks after one does not read thousands. */
  const status = (names: string[] = []): GatewayStatus => ({
    pid: process.pid,
    startedAt: options.startedAt,
    endpoints: names.length
      ? host.status.filter(({ endpoint }) => names.includes(endpoint))
      : host.status,
  });

  return [
    {
      path: /^\/admin\/v1\/state$/,
      methods: {
        GET(exchange) {
          authenticate(exchange);
          exchange.sendJson(status(exchange.query.getAll('endpoint')));
        },
        async PUT(exchange) {
          authenticate(exchange);
          const parsed = gatewayDesiredStateSchema.safeParse(
            await exchange.json(),
          );
          if (!parsed.success) {
            throw new InputError(
              `Invalid state: ${z.prettifyError(parsed.error)}`,
            );
          }
          // Kept before it is acted on: what was answered with 200 survives a crash.
          stateFile.save({ desired: parsed.data });
          accessControl.apply(parsed.data);
          host.apply(parsed.data);
          traffic.keepOnly(host.names());
          exchange.sendJson(status(exchange.query.getAll('endpoint')));
        },
      },
    },
    {
      path: /^\/admin\/v1\/stats$/,
      methods: {
        GET(exchange) {
          authenticate(exchange);
          const minutes = Number(exchange.query.get('minutes') ?? 60);
          if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440) {
            throw new InputError('minutes must be an integer from 1 to 1440');
          }
          const one = exchange.query.get('endpoint');
          const stats: GatewayStats = {
            endpoints: host
              .names()
              .filter(name => one === null || name === one)
              .map(endpoint => ({
                endpoint,
                buckets: traffic.buckets(endpoint, minutes),
                log: { ...log.counters(endpoint) },
              })),
          };
          exchange.sendJson(stats);
        },
      },
    },
    {
      path: /^\/admin\/v1\/predictions\/roll$/,
      methods: {
        async POST(exchange) {
          authenticate(exchange);
          await log.roll();
          exchange.sendJson({ rolled: true });
        },
      },
    },
    {
      path: /^\/metrics$/,
      methods: {
        GET(exchange) {
          const text = toPrometheus({
            totals: traffic.totals(),
            endpoints: host.status,
            log: endpoint => log.counters(endpoint),
            heldBytes: options.budget.used,
            internalErrors: options.problems.count,
            refused: options.problems.refused,
          });
          exchange.send([Buffer.from(text)], {
            headers: { 'content-type': 'text/plain; version=0.0.4' },
          });
        },
      },
    },
  ];
}
