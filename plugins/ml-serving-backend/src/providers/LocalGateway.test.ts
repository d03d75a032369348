import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { gatewayCommand } from '@downstage/gateway/command';
import { gatewayAccessSchema } from '@downstage/plugin-ml-serving-common';
import type { MlServingOptions } from '../config';
import { isRunning } from './hostFiles';
import { LocalGateway } from './LocalGateway';

jest.setTimeout(60_000);

const token = 'a-token-that-is-long-enough-for-anybody';

describe('LocalGateway', () => {
  const directory = createMockDirectory();
  const optionsOf = (port: number): MlServingOptions => ({
    engine: 'gateway',
    gateway: {
      enabled: true,
      host: '127.0.0.1',
      port,
      publicUrl: undefined,
      rollSeconds: 60,
      stateDir: directory.resolve('gateway'),
      access: gatewayAccessSchema.parse({}),
      public: [],
    },
    logDir: directory.resolve('predictions'),
    modelDir: directory.resolve('models'),
    pollMs: 1000,
  });

  /** What a portal keeps of its gateway. */
  const aPortal = ({ port = 0, logger = mockServices.logger.mock() } = {}) =>
    new LocalGateway({
      options: optionsOf(port),
      logger,
      clock: () => new Date(),
    });
  const started = (portal: LocalGateway) =>
    new Promise<void>(onAlive => portal.start({ onAlive }));

  /** A gateway that no portal keeps. */
  async function anOrphan() {
    mkdirSync(directory.resolve('gateway'), { recursive: true });
    writeFileSync(directory.resolve('gateway/admin-token'), token);
    const orphan = spawn(
      process.execPath,
      [
        ...gatewayCommand(),
        ...['--port', '0', '--state-dir', directory.resolve('gateway')],
        ...['--log-dir', directory.resolve('predictions')],
        ...['--admin-token-file', directory.resolve('gateway/admin-token')],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(orphan, 'exit');
    await once(orphan.stdout, 'data');
    return { orphan, ended };
  }

  it('adopts the gateway that an earlier portal left behind, and stops it in good order', async () => {
    const { orphan, ended } = await anOrphan();
    const portal = aPortal();
    await started(portal);
    expect((await portal.client().status()).pid).toBe(orphan.pid);
    expect(portal.alive).toBe(true);
    await portal.stop();
    expect(await ended).toEqual([0, null]);
    expect(portal.alive).toBe(false);
  });

  it('replaces one that runs the code of another release, when the portal starts and never later', async () => {
    const { orphan, ended } = await anOrphan();
    const file = directory.resolve('gateway/gateway.json');
    const change = (build: string | undefined) =>
      writeFileSync(
        file,
        JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), build }),
      );
    // As a gateway wrote it that knew nothing of builds.
    change(undefined);
    const portals = [aPortal(), aPortal()];
    await started(portals[0]);
    expect(await ended).toEqual([0, null]);
    const { pid } = await portals[0].client().status();
    expect(pid).not.toBe(orphan.pid);

    // Another portal of another release brings its own; the first one takes that, and does not fight.
    change('another release');
    await started(portals[1]);
    const next = (await portals[1].client().status()).pid;
    expect(next).not.toBe(pid);
    change('another release');
    while (
      (await portals[0]
        .client()
        .status()
        .then(
          status => status.pid,
          () => undefined,
        )) !== next
    ) {
      await new Promise(done => setImmediate(done));
    }
    expect(isRunning(next)).toBe(true);
    await portals[0].stop();
    await portals[1].stop();
  });

  it('says why the gateway does not start', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const logger = mockServices.logger.mock();
    const gateway = aPortal({ port, logger });
    const said = new Promise<string>(resolve => {
      logger.error.mockImplementation(resolve);
    });
    gateway.start({ onAlive: () => {} });
    expect(await said).toMatch(/could not be started.*EADDRINUSE/);
    expect(() => gateway.client()).toThrow(/is being started/);
    await gateway.stop();
    other.close();
  });

  it('is one for the portals of a data directory, and ends with the last of them (P2)', async () => {
    const portals = [aPortal(), aPortal()];
    await Promise.all(portals.map(started));
    const pids = await Promise.all(
      portals.map(async portal => (await portal.client().status()).pid),
    );
    expect(pids[0]).toBe(pids[1]);
    expect(portals[0].publicUrl).toBe(portals[1].publicUrl);
    await portals[0].stop();
    expect((await portals[1].client().status()).pid).toBe(pids[0]);
    await portals[1].stop();
    expect(isRunning(pids[0])).toBe(false);
  });

  it('takes over the lock of a portal that was killed while it started one', async () => {
    mkdirSync(directory.resolve('gateway'), { recursive: true });
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    writeFileSync(directory.resolve('gateway/starting.lock'), `${gone.pid} x`);
    const portal = aPortal();
    await started(portal);
    expect(portal.alive).toBe(true);
    await portal.stop();
  });
});
