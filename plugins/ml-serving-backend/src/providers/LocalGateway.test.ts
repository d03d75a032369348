import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
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
  const options = (port: number): MlServingOptions => ({
    gateway: {
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

  it('adopts the gateway that an earlier portal left behind, and stops it in good order', async () => {
    mkdirSync(directory.resolve('gateway'));
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

    let gateway: LocalGateway | undefined;
    await new Promise<void>(onAlive => {
      gateway = new LocalGateway({
        options: options(0),
        logger: mockServices.logger.mock(),
        clock: () => new Date(),
      });
      gateway.start({ onAlive });
    });
    expect((await gateway?.client().status())?.pid).toBe(orphan.pid);
    expect(gateway?.alive).toBe(true);
    await gateway?.stop();
    expect(await ended).toEqual([0, null]);
    expect(gateway?.alive).toBe(false);
  });

  it('says why the gateway does not start', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const logger = mockServices.logger.mock();
    const gateway = new LocalGateway({
      options: options(port),
      logger,
      clock: () => new Date(),
    });
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
    const portals = [0, 1].map(
      () =>
        new LocalGateway({
          options: options(0),
          logger: mockServices.logger.mock(),
          clock: () => new Date(),
        }),
    );
    await Promise.all(
      portals.map(
        portal => new Promise<void>(done => portal.start({ onAlive: done })),
      ),
    );
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
    const portal = new LocalGateway({
      options: options(0),
      logger: mockServices.logger.mock(),
      clock: () => new Date(),
    });
    await new Promise<void>(done => portal.start({ onAlive: done }));
    expect(portal.alive).toBe(true);
    await portal.stop();
  });
});
