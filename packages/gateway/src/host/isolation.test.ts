import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { GatewayStatus } from '@downstage/plugin-ml-serving-common';
import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  aLoop,
  aState,
  aVersion,
  anEndpoint,
  clientOf,
  endless,
  withoutFeatures,
  type GatewayFolder,
} from '../testUtils/gatewayFixture';
import {
  isRunning,
  launcherOf,
  modelProcessesOf,
  processorSeconds,
  untilNoModelRuns,
} from '../testUtils/modelProcesses';

jest.setTimeout(60_000);

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
  /** The processes of models but for `others`, once they are so many. */
  const untilProcesses = async (count: number, others: number[] = []) => {
    for (;;) {
      const found = modelProcessesOf(process.pid).filter(
        pid => !others.includes(pid) && isRunning(pid),
      );
      if (found.length === count) return found;
      await new Promise(setImmediate);
    }
  };
  afterEach(async () => {
    await gateway.stop();
    await untilNoModelRuns(process.pid);
    folder.remove();
  });

  it('by never ending its first run holds up no other load', async () => {
    await start({ loadTimeoutSeconds: 3600 });
    const names = ['hang-a', 'hang-b', 'hang-c'];
    await client.put({
      endpoints: [
        ...names.map(name =>
          anEndpoint(name, [withoutFeatures(1, 'hang.onnx')]),
        ),
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

  it('has no process any more once it is taken away, and the next load starts at once', async () => {
    if (process.platform !== 'linux') return;
    await start({ loadTimeoutSeconds: 3600 });
    // As many as are loaded at a time: together they hold every place.
    const places = Math.max(availableParallelism(), 2);
    const names = Array.from({ length: places }, (_, index) => `hang-${index}`);
    const all = {
      endpoints: names.map(name =>
        anEndpoint(name, [withoutFeatures(1, 'hang.onnx')]),
      ),
    };
    await client.put(all);
    const hanging = await untilProcesses(places);
    // Inside the run that does not end, where nothing but a signal reaches them.
    while (!hanging.every(pid => processorSeconds(pid) > 1)) {
      await new Promise(setImmediate);
    }
    await client.put({ endpoints: [] });
    while (hanging.some(isRunning)) await new Promise(setImmediate);

    // Before a slow load gives its place away by itself: removal alone frees it.
    await client.put(all);
    const again = await untilProcesses(places);
    await client.put(aState(1, [aVersion(1)]));
    const next = await untilProcesses(1, again);
    const status = await client.untilActive(1);
    expect(status.endpoints.map(item => item.endpoint)).toEqual(['tumour']);
    expect((await client.predict()).status).toBe(200);
    while (again.some(isRunning)) await new Promise(setImmediate);
    expect(modelProcessesOf(process.pid)).toEqual(next);
  });

  it('is started again when the process that starts models is lost', async () => {
    if (process.platform !== 'linux') return;
    await start({});
    await client.put(aState(1, [aVersion(1)]));
    await client.untilActive(1);
    const [before] = await untilProcesses(1);
    process.kill(launcherOf(process.pid) as number, 'SIGKILL');
    const [after] = await untilProcesses(1, [before]);
    while (isRunning(before)) await new Promise(setImmediate);
    while ((await client.predict()).status !== 200) {
      await new Promise(setImmediate);
    }
    expect(modelProcessesOf(process.pid)).toEqual([after]);
  });

  it('has failed when it is not loaded in its time', async () => {
    await start({ loadTimeoutSeconds: 1 });
    await client.put({
      endpoints: [anEndpoint('hang', [withoutFeatures(1, 'hang.onnx')])],
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
        anEndpoint('loop', [
          withoutFeatures(1, 'loop.onnx'),
          withoutFeatures(2, 'loop.onnx'),
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
      client.post(path, aLoop(endless)),
      client.post(path, aLoop(1)),
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
    expect((await client.post(path, aLoop(1))).body.model_version).toBe('2');
    const metrics = (await client.request('/metrics')).body;
    expect(metrics).toContain('{endpoint="loop",code="504"} 1');
  });

  it('is ended when it takes more memory than it may', async () => {
    await start({ modelMemoryBytes: 700_000_000 });
    await client.put({
      endpoints: [anEndpoint('memory', [withoutFeatures(1, 'memory.onnx')])],
    });
    await client.until(status => stateOf(status, 'memory').active === 1);
    const path = '/v2/models/memory/infer';
    expect((await client.post(path, aLoop(10))).status).toBe(200);
    // Two gigabytes of ones; again and again, as the look is taken once a second.
    let answer = await client.post(path, aLoop(500_000_000));
    while (answer.status === 200) {
      answer = await client.post(path, aLoop(500_000_000));
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
        anEndpoint('bare', [bare]),
        anEndpoint('example', [{ ...bare, path: join(kept, 'model.onnx') }]),
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
    // An input that the model refuses is the client's mistake; before it ever answered, one cannot know.
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

  it.each([
    {
      file: 'text.onnx',
      features: [
        { name: 'city', type: 'string' as const },
        { name: 'code', type: 'long' as const },
        { name: 'age', type: 'double' as const },
      ],
      input: ['city', 'code', 'age'].map((name, index) => ({
        name,
        shape: [1, 1],
        datatype: ['BYTES', 'INT64', 'FP32'][index],
        data: [['Köln', 8, 35][index]],
      })),
      output: { name: 'label', datatype: 'INT64', shape: [1], data: [1] },
      reason: /the model refused made-up input.*Unknown Category/,
    },
    {
      file: 'image.onnx',
      features: [],
      input: [
        {
          name: 'image',
          shape: [1, 1, 5, 6],
          datatype: 'FP32',
          data: Array.from({ length: 30 }, () => 0.5),
        },
      ],
      output: { name: 'brightness', datatype: 'FP32', shape: [1, 1] },
      reason: /the model refused made-up input.*Invalid input shape/,
    },
  ])(
    'by refusing made-up input is served all the same: $file (issue 7)',
    async ({ file, features, input, output, reason }) => {
      await start({});
      await client.put({
        endpoints: [anEndpoint('strict', [{ ...aVersion(1, file), features }])],
      });
      const status = await client.untilActive(1);
      expect(stateOf(status, 'strict').versions[0]).toMatchObject({
        state: 'ready',
        message: expect.stringMatching(reason),
      });
      const answer = await client.post('/v2/models/strict/infer', {
        inputs: input,
      });
      expect(answer.status).toBe(200);
      expect(answer.body.outputs[0]).toMatchObject(output);
      if (!features.length) return;
      const rows = [{ city: 'Köln', code: 8, age: 35 }];
      expect(
        await client.post('/v2/models/strict/predict', { rows }),
      ).toMatchObject({ status: 200, body: { predictions: [{ label: 1 }] } });
      // An input that it was not trained on is the client's mistake.
      const other = [{ city: 'Nowhere', code: 9, age: 35 }];
      expect(
        await client.post('/v2/models/strict/predict', { rows: other }),
      ).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/Unknown Category/) },
      });
    },
  );

  it('keeps the server from being ready at its start only for a while', async () => {
    await start({});
    await client.put({
      endpoints: [anEndpoint('hang', [withoutFeatures(1, 'hang.onnx')])],
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
