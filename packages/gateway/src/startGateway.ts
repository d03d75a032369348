import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { adminRoutes } from './routes/adminRoutes';
import type { AskPortal } from './auth/askPortal';
import { AccessControl } from './auth/AccessControl';
import type { FetchKeys } from './auth/PortalKeys';
import { gatewayBuild } from './command';
import type { GatewayConfig } from './config';
import { ModelHost } from './host/ModelHost';
import { StateFile, writeAtomically } from './host/StateFile';
import { ByteBudget } from './http/ByteBudget';
import { createServer } from './http/createServer';
import { Inference } from './routes/Inference';
import { endOrphans } from './processes/childCommand';
import { Priorities } from './processes/Priorities';
import { oipRoutes } from './routes/oipRoutes';
import { PredictionLog } from './log/PredictionLog';
import { Traffic } from './traffic/Traffic';

const version = '0.1.0';

/** A running gateway. */
export type Gateway = {
  url: string;
  /** Answers what is under way, writes the log, ends the processes. */
  stop(): Promise<void>;
};

/**
 * Starts the gateway: loads the last desired state from its state folder and serves it, then listens for the next one.
 *
 * @remarks
 * Nothing else has to be alive for it to serve. Where it listens stands in `gateway.json` of the state folder.
 */
export async function startGateway(
  config: GatewayConfig,
  options: {
    clock?: Clock;
    /** Told what an operator should know. */
    say?: (level: 'info' | 'warn' | 'error', message: string) => void;
    /** How the portal is asked; over HTTP unless given. */
    askPortal?: AskPortal;
    fetchKeys?: FetchKeys;
    /** Which models give way; by the configuration unless given. */
    priorities?: Priorities;
  } = {},
): Promise<Gateway> {
  const say = options.say ?? (() => {});
  const clock = options.clock ?? (() => new Date());
  const token = readFileSync(config.adminTokenFile, 'utf8').trim();
  if (token.length < 16) {
    throw new Error(
      `${config.adminTokenFile} must hold a token of at least 16 characters`,
    );
  }
  const startedAt = clock().toISOString();
  const build = gatewayBuild();
  const stateFile = new StateFile(join(config.stateDir, 'state.json'));
  if (stateFile.problem) say('error', stateFile.problem);
  const traffic = new Traffic({ clock });
  const { logSampling, logSamplingByEndpoint } = config;
  const log = new PredictionLog({
    logDir: config.logDir,
    clock,
    queueRows: config.logQueueRows,
    queueBytes: config.logQueueBytes,
    sampling: endpoint =>
      Object.hasOwn(logSamplingByEndpoint, endpoint)
        ? logSamplingByEndpoint[endpoint]
        : logSampling,
    retentionDays: config.logRetentionDays,
  });
  const host = new ModelHost({
    onServing: serving => {
      try {
        stateFile.save({ serving });
      } catch (error) {
        // It is answering already; only a restart would not know which version did.
        say('warn', `The state could not be written: ${stringifyError(error)}`);
      }
    },
    limits: {
      loadTimeoutMs: config.loadTimeoutSeconds * 1000,
      runTimeoutMs: config.inferenceTimeoutMs,
      queueBytes: config.maxQueueBytes,
      memoryBytes: config.modelMemoryBytes,
    },
    priorities:
      options.priorities ?? new Priorities({ niceness: config.heavyNiceness }),
  });
  const inference = new Inference({
    host,
    log,
    traffic,
    clock,
    newId: randomUUID,
  });
  const budget = new ByteBudget(config.maxHeldBytes);
  const problems = { count: 0, refused: new Map<number, number>() };
  const accessControl = new AccessControl({
    clock,
    adminToken: token,
    open: config.open,
    host: config.host,
    ask: options.askPortal,
    fetchKeys: options.fetchKeys,
  });
  const server = createServer({
    oip: oipRoutes({ version, host, inference }),
    admin: adminRoutes({
      token,
      startedAt,
      accessControl,
      host,
      stateFile,
      log,
      traffic,
      budget,
      problems,
    }),
    maxBodyBytes: config.maxBodyBytes,
    accessControl,
    budget,
    onRefused: status => {
      const { refused } = problems;
      refused.set(status, (refused.get(status) ?? 0) + 1);
    },
    onError: error => {
      problems.count += 1;
      say('error', `A request failed unforeseen: ${stringifyError(error)}`);
    },
  });
  // Clients of Triton and load balancers keep connections longer than Node's five seconds.
  server.keepAliveTimeout = 65_000;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const name = config.host.includes(':') ? `[${config.host}]` : config.host;
  const url = `http://${name}:${port}`;
  accessControl.apply(stateFile.state.desired);
  const orphans = endOrphans();
  if (orphans) say('warn', `Ended ${orphans} models of a gateway that is gone`);
  host.resume(stateFile.state.desired, {
    last: stateFile.state.serving,
    patienceMs: config.startPatienceMs,
  });
  log.start({ flushMs: config.flushMs, rollMs: config.rollSeconds * 1000 });
  writeAtomically(
    join(config.stateDir, 'gateway.json'),
    JSON.stringify({ pid: process.pid, url, port, startedAt, build }),
  );

  return {
    url,
    async stop() {
      const closed = new Promise<void>(resolve =>
        server.close(() => resolve()),
      );
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), 5_000);
      await closed;
      clearTimeout(timer);
      await log.stop();
      await host.stop();
    },
  };
}
