/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend, and both layouts, src and dist, are handled here */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
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
import {
  isHeld,
  isRunning,
  launcherOf,
  modelProcessesOf,
  processorSeconds,
} from './testUtils/modelProcesses';

jest.setTimeout(90_000);

/** Whether this system lets us set such a niceness; tried on a process that does nothing else. */
function isAllowed(niceness: number): boolean {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
  try {
    setPriority(child.pid!, niceness);
    return true;
  } catch {
    return false;
  } finally {
    child.kill('SIGKILL');
  }
}

/** Undefined when it has ended. */
function nicenessOf(pid: number): number | undefined {
  try {
    return getPriority(pid);
  } catch {
    return undefined;
  }
}

describe('the gateway as a process', () => {
  const folder = aGatewayFolder();
  const { stateDir, logDir, adminTokenFile } = folder.config;
  const args = [
    ...['--port', '0', '--state-dir', stateDir],
    ...['--log-dir', logDir, '--admin-token-file', adminTokenFile],
    ...['--open', 'true'],
  ];
  const children: ChildProcess[] = [];
  /** @param planted - code of a mistake that nobody foresaw; it runs in the gateway's process */
  const start = async (planted = '', more: string[] = []) => {
    const before = join(stateDir, 'planted.cjs');
    writeFileSync(before, planted);
    const child = spawn(
      process.execPath,
      ['--require', before, ...gatewayCommand(), ...args, ...more],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    children.push(child);
    const lines = createInterface({ input: child.stdout });
    const said: string[] = [];
    const url = await new Promise<string>((resolve, reject) => {
      lines.on('line', line => {
        said.push(JSON.parse(line).message);
        const [found] = /http:\/\/[^" ]+/.exec(line) ?? [];
        if (found) resolve(found);
      });
      lines.on('close', () =>
        reject(new Error('The gateway ended without an address')),
      );
    });
    return { child, said, client: clientOf(url, folder.token) };
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
    // A desired state it cannot fulfil: version 2 goes on answering, also after the crash.
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

  it('runs before other programs where that is allowed, and so does a model once it is loaded', async () => {
    const usual = getPriority();
    const wanted = isAllowed(usual - 7) ? -7 : 0;
    const { child, client } = await start('', ['--light-niceness=-7']);
    expect(getPriority(child.pid)).toBe(usual + wanted);
    await client.put(aState(1, [aVersion(1)]));
    await client.untilActive(1);
    if (process.platform !== 'linux') return;
    await client.until(() =>
      modelProcessesOf(child.pid).some(
        pid => nicenessOf(pid) === usual + wanted,
      ),
    );
    expect((await client.predict()).status).toBe(200);
  });

  it('answers on after a rejection and an exception that nobody caught, and says them (issue 7)', async () => {
    if (process.platform === 'win32') return;
    const { child, said, client } = await start(`
      process.on('SIGUSR2', () => {
        Promise.reject(new Error('a planted rejection'));
        setImmediate(() => { throw new TypeError('a planted exception'); });
      });
    `);
    await client.put(aState(1, [aVersion(1)]));
    await client.untilActive(1);
    // Twice: the first one must not be the last one that is survived.
    for (let time = 1; time <= 2; time++) {
      child.kill('SIGUSR2');
      while (said.filter(line => line.includes('planted')).length < 2 * time) {
        await new Promise(setImmediate);
      }
      expect((await client.predict()).status).toBe(200);
    }
    expect(said.filter(line => line.includes('planted'))).toEqual([
      'Unforeseen: Error: a planted rejection',
      'Unforeseen: TypeError: a planted exception',
      'Unforeseen: Error: a planted rejection',
      'Unforeseen: TypeError: a planted exception',
    ]);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('answers on and stops in good order when nobody reads what it says any more', async () => {
    const { child, client } = await start();
    await client.put(aState(1, [aVersion(1)]));
    await client.untilActive(1);
    child.stdout.destroy();
    // A kept version that cannot be loaded is said, into the closed pipe.
    const broken = { ...aVersion(1), version: 3, sha256: '0'.repeat(64) };
    await client.put(aState(2, [aVersion(1), broken]));
    expect((await client.predict()).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  // A run inside native code does not notice that its gateway is gone; what ends it is found through /proc. As a rule
  // the launcher ends it first. Here the launcher is held, as on a machine where it was killed together with its gateway.
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
    // Until those of the tests before are gone, and this one is inside the run that does not end: it has used more
    // processor time than a start takes.
    let models = modelProcessesOf(first.child.pid);
    while (models.length !== 1 || processorSeconds(models[0]) < 2) {
      await new Promise(setImmediate);
      models = modelProcessesOf(first.child.pid);
    }
    const launcher = launcherOf(first.child.pid)!;
    process.kill(launcher, 'SIGSTOP');
    while (!isHeld(launcher)) await new Promise(setImmediate);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    expect(models.filter(isRunning)).toEqual(models);

    const second = await start();
    const left = [...models, launcher];
    while (left.some(isRunning)) await new Promise(setImmediate);
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
