/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
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

  // A run inside native code does not notice that its gateway is gone; what ends it is found through /proc.
  it('ends models that outlived a gateway that was killed', async () => {
    if (process.platform !== 'linux') return;
    const first = await start();
    await first.client.put({
      endpoints: [
        {
          ...aState(1, [aVersion(1)]).endpoints[0],
          endpoint: 'hang',
          versions: [{ ...aVersion(1, 'hang.onnx'), features: [] }],
        },
      ],
    });
    let models = modelsOf(first.child.pid);
    // Until it is inside the run that does not end: it has used more processor time than a start takes.
    while (!models.some(pid => processorSeconds(pid) > 2)) {
      await new Promise(setImmediate);
      models = modelsOf(first.child.pid);
    }
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(models.filter(isRunning)).toEqual(models);

    const second = await start();
    while (models.some(isRunning)) await new Promise(setImmediate);
    second.child.kill('SIGTERM');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
  });
});

/** Processes that say that this gateway started them. */
function modelsOf(gateway: number | undefined): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1')
          .split('\0')
          .includes(`DOWNSTAGE_GATEWAY_PARENT=${gateway}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function processorSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[11]) / 100;
}

/** One that has ended and that nobody has taken note of is not running. */
function isRunning(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

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
