import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  aLoop,
  anEndpoint,
  aRow,
  aState,
  aVersion,
  clientOf,
  endless,
  withoutFeatures,
  type GatewayFolder,
} from '../testUtils/gatewayFixture';
import {
  modelProcessesOf,
  untilNoModelRuns,
} from '../testUtils/modelProcesses';

jest.setTimeout(90_000);

// The process of a model is found through /proc, to be held up from outside.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

const path = '/v2/models/loop/infer';
/** The text of a body, padded with blanks to a size. */
const sized = (body: unknown, bytes: number) =>
  JSON.stringify(body).padEnd(bytes, ' ');

onLinux('requests that wait for a model', () => {
  let folder: GatewayFolder;
  let gateway: Gateway;
  let client: ReturnType<typeof clientOf>;
  let loopProcess: number;

  const start = async (config: Parameters<typeof aGatewayFolder>[0]) => {
    folder = aGatewayFolder({ inferenceTimeoutMs: 3_600_000, ...config });
    gateway = await startGateway(folder.config);
    client = clientOf(gateway.url, folder.token);
    const loop = anEndpoint('loop', [withoutFeatures(1, 'loop.onnx')]);
    await client.put({ endpoints: [loop] });
    await client.untilActive(1);
    [loopProcess] = modelProcessesOf(process.pid);
    const { endpoints } = aState(1, [aVersion(1)]);
    await client.put({ endpoints: [loop, ...endpoints] });
    await client.until(status => status.endpoints[1]?.active === 1);
  };
  const ask = (bytes: number) => client.post(path, sized(aLoop(1), bytes));
  const hold = () => process.kill(loopProcess, 'SIGSTOP');
  const goOn = () => process.kill(loopProcess, 'SIGCONT');
  const untilHeld = async (bytes: number) => {
    const wanted = `downstage_gateway_held_bytes ${bytes}\n`;
    for (;;) {
      const { body } = await client.request('/metrics');
      if (body.includes(wanted)) return;
      await new Promise(setImmediate);
    }
  };
  afterEach(async () => {
    await gateway.stop();
    await untilNoModelRuns(process.pid);
    folder.remove();
  });

  it('are refused when they are too many bytes for one version, until some are answered', async () => {
    await start({ maxQueueBytes: 4096 });
    // Twice: bytes that are not given back would show the second time.
    for (let time = 0; time < 2; time++) {
      hold();
      const waiting = [200, 200, 3000].map(ask);
      await untilHeld(3400);
      const refused = await ask(1000);
      expect(refused).toMatchObject({
        status: 503,
        body: {
          error:
            'The model is busy: 3 requests with 3400 bytes are waiting (at most 1000, 4096 bytes)',
        },
      });
      expect(refused.headers.get('retry-after')).toBe('1');
      expect((await client.predict()).status).toBe(200);
      const small = ask(600);
      await untilHeld(4000);
      goOn();
      const answers = await Promise.all([...waiting, small]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      await untilHeld(0);
    }
  });

  it('are refused when they are too many bytes for the gateway, until some are answered', async () => {
    await start({ maxHeldBytes: 1024 * 1024 });
    const large = sized({ rows: [aRow] }, 700_000);
    const askOther = () => client.post('/v2/models/tumour/predict', large);
    hold();
    const waiting = ask(700_000);
    await untilHeld(700_000);
    expect(await askOther()).toMatchObject({
      status: 503,
      body: {
        error: expect.stringMatching(
          /^The gateway holds \d+ bytes of requests that wait, at most 1048576; try again in a moment$/,
        ),
      },
    });
    await untilHeld(700_000);
    expect((await client.predict()).status).toBe(200);
    goOn();
    expect((await waiting).status).toBe(200);
    await untilHeld(0);
    expect((await askOther()).status).toBe(200);
  });

  it('are forgotten when their client has gone', async () => {
    await start({});
    hold();
    // Two are with the process already; what comes behind them waits here.
    const before = [100, 100].map(ask);
    await untilHeld(200);
    const gone = new AbortController();
    const left = client.request(path, {
      method: 'POST',
      body: sized(aLoop(endless), 500),
      headers: { 'content-type': 'application/json' },
      signal: gone.signal,
    });
    await untilHeld(700);
    const after = ask(100);
    await untilHeld(800);
    gone.abort();
    await expect(left).rejects.toThrow(/abort/);
    await untilHeld(300);
    goOn();
    const answers = await Promise.all([...before, after]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    // By the process that was there: nobody had to end it.
    expect(modelProcessesOf(process.pid)).toContain(loopProcess);
  });

  it('let the version be not ready while one of them does not end, and no other', async () => {
    await start({ inferenceTimeoutMs: 6_000 });
    const ready = (name: string) => client.request(`/v2/models/${name}/ready`);
    expect((await ready('loop')).status).toBe(200);
    const hanging = client.post(path, aLoop(endless));
    let found = await ready('loop');
    while (found.status === 200) found = await ready('loop');
    expect(found).toMatchObject({
      status: 503,
      body: {
        error: expect.stringMatching(
          /^Model 'loop' is not ready: in version 1 one request has been running for \d+\.\d s, and is ended after 6 s$/,
        ),
      },
    });
    expect((await ready('tumour')).status).toBe(200);
    expect((await hanging).status).toBe(504);
    // Its process is gone now: not ready either, until it is loaded again.
    expect((await ready('loop')).status).toBe(503);
    while ((await ready('loop')).status !== 200) {
      await new Promise(setImmediate);
    }
    expect((await client.post(path, aLoop(1))).status).toBe(200);
  });
});
