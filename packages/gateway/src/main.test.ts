/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gatewayCommand } from './command';
import { readConfig } from './config';
import {
  aGatewayFolder,
  aState,
  aVersion,
  clientOf,
} from './testUtils/gatewayFixture';

jest.setTimeout(90_000);

describe('the gateway as a process', () => {
  const folder = aGatewayFolder();
  const { stateDir, logDir, adminTokenFile } = folder.config;
  const args = [
    ...['--port', '0', '--state-dir', stateDir],
    ...['--log-dir', logDir, '--admin-token-file', adminTokenFile],
    ...['--open', 'true'],
  ];
  const children: ChildProcess[] = [];
  const start = async () => {
    const child = spawn(process.execPath, [...gatewayCommand(), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout })) {
      const [url] = /http:\/\/[^" ]+/.exec(line) ?? [];
      if (url) return { child, client: clientOf(url, folder.token) };
    }
    throw new Error('The gateway ended without an address');
  };
  afterAll(() => {
    children.forEach(child => child.kill('SIGKILL'));
    folder.remove();
  });

  it('serves its last state again after kill -9, and stops in good order on SIGTERM', async () => {
    const first = await start();
    await first.client.put(aState(1, [aVersion(1)]));
    await first.client.untilActive(1);
    await first.client.put(aState(2, [aVersion(1), aVersion(2)]));
    await first.client.untilActive(2);
    // A wish it cannot fulfil: version 2 goes on answering, also after the crash.
    const broken = { ...aVersion(1), version: 3, sha256: '0'.repeat(64) };
    await first.client.put(aState(3, [aVersion(2), broken]));
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await start();
    await second.client.untilActive(2);
    expect((await second.client.predict()).body.modelVersion).toBe(2);
    second.child.kill('SIGTERM');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
  });
});

describe('readConfig', () => {
  it('lets flags win over the environment and the environment over the file', () => {
    const config = readConfig(
      ['--config', join(__dirname, '../fixtures/config.json'), '--port', '1'],
      { DOWNSTAGE_GATEWAY_PORT: '2', DOWNSTAGE_GATEWAY_LOG_DIR: '/env/log' },
    );
    expect(config).toMatchObject({
      port: 1,
      logDir: '/env/log',
      stateDir: '/file/state',
    });
  });

  it('names what is missing', () => {
    expect(() => readConfig([], {})).toThrow(/stateDir/);
  });
});
