import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@downstage/common';
import { adminRoutes } from './adminRoutes';
import type { GatewayConfig } from './config';
import { ModelHost } from './host/ModelHost';
import { StateFile, writeAtomically } from './host/StateFile';
import { createServer } from './http/createServer';
import { Inference } from './Inference';
import { oipRoutes } from './oip/routes';
import { PredictionLog } from './log/PredictionLog';
import { Traffic } from './traffic/Traffic';

const version = '0.1.0';

/** A running gateway. */
export type Gateway = {
  url: string;
  /** Answers what is under way, writes the log, ends the threads. */
  stop(): Promise<void>;
};

/**
 * Starts the gateway: loads the last wish from its state folder and serves it, then listens for the next one.
 *
 * @remarks
 * Nothing else has to be alive for it to serve. Where it listens stands in `gateway.json` of the state folder.
 */
export async function startGateway(
  config: GatewayConfig,
  options: { clock?: Clock } = {},
): Promise<Gateway> {
  const clock = options.clock ?? (() => new Date());
  const token = readFileSync(config.adminTokenFile, 'utf8').trim();
  if (token.length < 16) {
    throw new Error(
      `${config.adminTokenFile} must hold a token of at least 16 characters`,
    );
  }
  const startedAt = clock().toISOString();
  const stateFile = new StateFile(join(config.stateDir, 'state.json'));
  const traffic = new Traffic({ clock });
  const log = new PredictionLog({
    logDir: config.logDir,
    clock,
    newId: randomUUID,
    queueLimit: config.logQueueRows,
  });
  const host = new ModelHost({
    onServing: serving => stateFile.save({ serving }),
  });
  const inference = new Inference({
    host,
    log,
    traffic,
    clock,
    newId: randomUUID,
  });
  const server = createServer({
    oip: oipRoutes({ version, host, inference }),
    admin: adminRoutes({ token, startedAt, host, stateFile, log, traffic }),
    maxBodyBytes: config.maxBodyBytes,
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
  host.apply(stateFile.state.desired, stateFile.state.serving);
  log.start({ flushMs: config.flushMs, rollMs: config.rollSeconds * 1000 });
  writeAtomically(
    join(config.stateDir, 'gateway.json'),
    JSON.stringify({ pid: process.pid, url, port, startedAt }),
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
