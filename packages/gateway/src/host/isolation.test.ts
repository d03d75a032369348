import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { GatewayStatus } from '@downstage/plugin-ml-serving-common';
import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  aState,
  aVersion,
  clientOf,
  type GatewayFolder,
} from '../testUtils/gatewayFixture';
import { pauseAfter } from './HostedVersion';
import { LoadSlots } from './LoadSlots';
import { ModelHost } from './ModelHost';

jest.setTimeout(60_000);

const loop = (n: number | string) => ({
  inputs: [{ name: 'n', shape: [1], datatype: 'INT64', data: [n] }],
});
const endless = '1000000000000000';
const noFeatures = (version: number, file: string) => ({
  ...aVersion(version, file),
  features: [],
});
const endpoint = (name: string, versions: ReturnType<typeof aVersion>[]) => ({
  endpoint: name,
  model: `model:default/${name}`,
  variant: 'champion',
  active: versions.at(-1)?.version ?? 1,
  versions,
});

describe('a model that misbehaves', () => {
  let folder: GatewayFolder;
  let gateway: Gateway;
  let client: ReturnType<typeof clientOf>;
  const start = async (config: Parameters<typeof aGatewayFolder>[0]) => {
    folder = aGatewayFolder(config);
    gateway = await startGateway(folder.config);
    client = clientOf(gateway.url, folder.token);
  };
  const stateOf = ({ endpoints }: GatewayStatus, name: string) => {
    const found = endpoints.find(item => item.endpoint === name);
    if (!found) throw new Error(`There is no ${name}`);
    return found;
  };
  afterEach(async () => {
    await gateway.stop();
    folder.remove();
  });

  it('by never ending its first run holds up no other load', async () => {
    await start({ loadTimeoutSeconds: 3600 });
    const names = ['hang-a', 'hang-b', 'hang-c'];
    await client.put({
      endpoints: [
        ...names.map(name => endpoint(name, [noFeatures(1, 'hang.onnx')])),
        ...aState(1, [aVersion(1)]).endpoints,
      ],
    });
    const loaded = await client.until(
      status => stateOf(status, 'tumour').active === 1,
    );
    expect(stateOf(loaded, 'hang-a').versions[0].state).toBe('loading');
    expect((await client.predict()).status).toBe(200);
    expect((await client.request('/v2/health/ready')).status).toBe(200);
    expect((await client.request('/v2/models/tumour/ready')).status).toBe(200);
    expect((await client.request('/v2/models/hang-a/ready')).status).toBe(503);
  });

  it('has failed when it is not loaded in its time', async () => {
    await start({ loadTimeoutSeconds: 1 });
    await client.put({
      endpoints: [endpoint('hang', [noFeatures(1, 'hang.onnx')])],
    });
    const failed = await client.until(
      status => stateOf(status, 'hang').versions[0].state === 'failed',
    );
    expect(stateOf(failed, 'hang').versions[0].message).toMatch(
      /did not finish loading and warming up within 1 s \(tried 1 time, again in 2 s\)/,
    );
  });

  it('is ended when one request does not end, and the version before answers until it is back', async () => {
    await start({ inferenceTimeoutMs: 1_500 });
    await client.put({
      endpoints: [
        endpoint('loop', [
          noFeatures(1, 'loop.onnx'),
          noFeatures(2, 'loop.onnx'),
        ]),
        ...aState(1, [aVersion(1)]).endpoints,
      ],
    });
    await client.until(
      status =>
        stateOf(status, 'loop').active === 2 &&
        stateOf(status, 'loop').versions.every(v => v.state === 'ready') &&
        stateOf(status, 'tumour').active === 1,
    );
    const path = '/v2/models/loop/infer';
    const [hanging, behind, other] = await Promise.all([
      client.post(path, loop(endless)),
      client.post(path, loop(1)),
      client.predict(),
    ]);
    expect(hanging).toMatchObject({
      status: 504,
      body: { error: expect.stringMatching(/did not answer within 1.5 s/) },
    });
    // It had not begun: the version before answered it.
    expect(behind).toMatchObject({ status: 200, body: { model_version: '1' } });
    expect(other.status).toBe(200);
    const back = await client.until(
      status => stateOf(status, 'loop').active === 2,
    );
    expect(stateOf(back, 'loop').versions.at(-1)?.state).toBe('ready');
    expect((await client.post(path, loop(1))).body.model_version).toBe('2');
    const metrics = (await client.request('/metrics')).body;
    expect(metrics).toContain('{endpoint="loop",code="504"} 1');
  });

  it('is ended when it takes more memory than it may', async () => {
    await start({ modelMemoryBytes: 700_000_000 });
    await client.put({
      endpoints: [endpoint('memory', [noFeatures(1, 'memory.onnx')])],
    });
    await client.until(status => stateOf(status, 'memory').active === 1);
    const path = '/v2/models/memory/infer';
    expect((await client.post(path, loop(10))).status).toBe(200);
    // Two gigabytes of ones; again and again, as the look is taken once a second.
    let answer = await client.post(path, loop(500_000_000));
    while (answer.status === 200) {
      answer = await client.post(path, loop(500_000_000));
    }
    expect(answer.status).toBe(503);
    const lost = await client.until(status =>
      Boolean(stateOf(status, 'memory').versions[0].message),
    );
    expect(stateOf(lost, 'memory').versions[0].message).toMatch(
      /process was lost: it used \d+ bytes of memory, 700000000 are allowed/,
    );
    await client.until(status => stateOf(status, 'memory').active === 1);
  });

  it('only with made-up input is served with a warning, and with an example without one', async () => {
    await start({});
    const features = [{ name: 'X', type: 'long' as const }];
    const bare = { ...aVersion(1, 'picky.onnx'), features };
    const kept = join(folder.config.stateDir, 'picky');
    mkdirSync(kept);
    copyFileSync(bare.path, join(kept, 'model.onnx'));
    writeFileSync(
      join(kept, 'serving_input_example.json'),
      JSON.stringify({ dataframe_split: { columns: ['X'], data: [[7], [9]] } }),
    );
    await client.put({
      endpoints: [
        endpoint('bare', [bare]),
        endpoint('example', [{ ...bare, path: join(kept, 'model.onnx') }]),
      ],
    });
    const status = await client.until(
      found =>
        stateOf(found, 'bare').active === 1 &&
        stateOf(found, 'example').active === 1,
    );
    expect(stateOf(status, 'bare').versions[0]).toMatchObject({
      state: 'ready',
      predictions: [],
      message: expect.stringMatching(
        /Not warmed up: the model refused made-up input, and has no input example/,
      ),
    });
    expect(stateOf(status, 'example').versions[0]).toEqual({
      version: 1,
      state: 'ready',
      predictions: [{ name: 'y', type: 'double' }],
    });
    // What the model refuses is the client's mistake; before it ever answered, one cannot know.
    const ask = (name: string, value: number) =>
      client.post(`/v2/models/${name}/predict`, { rows: [{ X: value }] });
    expect((await ask('bare', 3)).status).toBe(500);
    expect((await ask('bare', 9)).body.predictions).toEqual([{ y: 0.125 }]);
    expect(await ask('bare', 3)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/The model refused the input/) },
    });
    // The columns of its answers are known now.
    expect(stateOf(await client.status(), 'bare').versions[0]).toMatchObject({
      predictions: [{ name: 'y', type: 'double' }],
    });
  });

  it('keeps the server from being ready at its start only for a while', async () => {
    await start({});
    await client.put({
      endpoints: [endpoint('hang', [noFeatures(1, 'hang.onnx')])],
    });
    await gateway.stop();
    gateway = await startGateway({ ...folder.config, startPatienceMs: 200 });
    client = clientOf(gateway.url, folder.token);
    expect((await client.request('/v2/health/ready')).status).toBe(503);
    let answer = await client.request('/v2/health/ready');
    while (answer.status !== 200) {
      answer = await client.request('/v2/health/ready');
    }
    expect((await client.request('/v2/models/hang/ready')).status).toBe(503);
  });
});

describe('a version that failed', () => {
  it('is tried again in its own time, not because it is wished for again', async () => {
    const retries: { ms: number; work: () => void }[] = [];
    const host = new ModelHost({
      onServing: () => {},
      limits: {
        loadTimeoutMs: 60_000,
        runTimeoutMs: 60_000,
        queueBytes: 1000,
        memoryBytes: 0,
      },
      later: (ms, work) => {
        retries.push({ ms, work });
        return () => {};
      },
    });
    const broken = { ...aVersion(2), sha256: '0'.repeat(64) };
    const wish = aState(2, [broken]);
    const messageWith = async (text: string) => {
      for (;;) {
        const [{ message = '' }] = host.status[0].versions;
        if (message.includes(text)) return;
        await new Promise(setImmediate);
      }
    };
    host.apply(wish);
    await messageWith('tried 1 time,');
    for (let time = 0; time < 5; time++) host.apply(wish);
    expect(retries.map(({ ms }) => ms)).toEqual([2_000]);
    retries[0].work();
    await messageWith('tried 2 times,');
    expect(retries.map(({ ms }) => ms)).toEqual([2_000, 4_000]);
    await host.stop();
  });
});

describe('a broken state file', () => {
  it('is set aside, and the gateway starts without a wish', async () => {
    const folder = aGatewayFolder();
    const path = join(folder.config.stateDir, 'state.json');
    writeFileSync(path, '{"desired": {"endpoints": [');
    const said: string[] = [];
    const gateway = await startGateway(folder.config, {
      say: (_, message) => said.push(message),
    });
    const client = clientOf(gateway.url, folder.token);
    expect((await client.status()).endpoints).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/was set aside as .*broken-/)]);
    await client.put(aState(1, [aVersion(1)]));
    await client.untilActive(1);
    expect(
      readdirSync(folder.config.stateDir).filter(name =>
        name.startsWith('state.json.broken-'),
      ),
    ).toHaveLength(1);
    await gateway.stop();
    folder.remove();
  });

  it('does not keep a switch from happening when it cannot be written', async () => {
    const folder = aGatewayFolder();
    const gateway = await startGateway(folder.config);
    const client = clientOf(gateway.url, folder.token);
    await client.put(aState(1, [aVersion(1)]));
    rmSync(folder.config.stateDir, { recursive: true });
    writeFileSync(folder.config.stateDir, 'a file where the folder was');
    await client.untilActive(1);
    expect((await client.predict()).status).toBe(200);
    await gateway.stop();
    folder.remove();
  });
});

describe('the pause before a failed version is tried again', () => {
  it('doubles up to five minutes', () => {
    expect([1, 2, 3, 8, 9, 500].map(pauseAfter)).toEqual([
      2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ]);
  });
});

describe('LoadSlots', () => {
  it('starts the urgent ones first, and gives the place of a slow one away', async () => {
    jest.useFakeTimers();
    const slots = new LoadSlots({ limit: 1, patienceMs: 1000 });
    const started: string[] = [];
    const endless1 = (name: string) => () => {
      started.push(name);
      return new Promise<void>(() => {});
    };
    slots.add(0, endless1('first'));
    slots.add(1, endless1('kept'));
    slots.add(0, endless1('active'));
    expect(started).toEqual(['first']);
    jest.advanceTimersByTime(1000);
    expect(started).toEqual(['first', 'active']);
    jest.advanceTimersByTime(1000);
    expect(started).toEqual(['first', 'active', 'kept']);
    jest.useRealTimers();
  });
});
