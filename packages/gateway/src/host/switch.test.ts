import { startGateway, type Gateway } from '../startGateway';
import {
  aChampion,
  aGatewayFolder,
  aRow,
  aState,
  aVersion,
  clientOf,
} from '../testUtils/gatewayFixture';

jest.setTimeout(60_000);

describe('a change of version', () => {
  let folder: ReturnType<typeof aGatewayFolder>;
  let gateway: Gateway;
  let client: ReturnType<typeof clientOf>;

  beforeEach(async () => {
    folder = aGatewayFolder();
    gateway = await startGateway(folder.config);
    client = clientOf(gateway.url, folder.token);
    await client.put(aState(1, [aVersion(1)]));
    await client.untilActive(1);
  });
  afterEach(async () => {
    await gateway.stop();
    folder.remove();
  });

  it('fails no request under load, and goes back at once', async () => {
    let on = true;
    const answers: { status: number; version: number }[] = [];
    const ask = async () => {
      while (on) {
        const { status, body } = await client.predict();
        answers.push({
          status,
          version: body.modelVersion,
        });
      }
    };
    const callers = Array.from({ length: 8 }, ask);

    await client.put(aState(2, [aVersion(1), aVersion(2)]));
    await client.untilActive(2);
    // Enough answers to mean something, however slow the machine is.
    while (
      answers.length <= 50 ||
      !answers.some(({ version }) => version === 2)
    ) {
      await new Promise(setImmediate);
    }
    const back = await client.put(aState(1, [aVersion(1), aVersion(2)]));
    expect(back.body.endpoints[0].active).toBe(1);
    expect((await client.predict()).body.modelVersion).toBe(1);
    on = false;
    await Promise.all(callers);

    expect(answers.length).toBeGreaterThan(50);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(({ version }) => version))).toEqual(
      new Set([1, 2]),
    );
  });

  it('leaves the old version answering when the new one cannot be loaded', async () => {
    await client.put(aState(2, [aVersion(1), aVersion(2, 'make-models.py')]));
    const { endpoints } = await client.until(({ endpoints: [endpoint] }) =>
      endpoint.versions.some(({ state }) => state === 'failed'),
    );
    expect(endpoints[0]).toMatchObject({
      wanted: 2,
      active: 1,
      versions: [
        { version: 1, state: 'ready' },
        {
          version: 2,
          state: 'failed',
          message: expect.stringMatching(/tried 1 time, again in 2 s/),
        },
      ],
    });
    expect((await client.predict()).body.modelVersion).toBe(1);
  });

  it('divides requests by weight, and the same request id finds the same variant', async () => {
    const [endpoint] = aState(1, [aVersion(1), aVersion(2)]).endpoints;
    const state = {
      endpoints: [
        {
          ...endpoint,
          variants: [
            { ...aChampion(1), weight: 60 },
            { ...aChampion(2), name: 'challenger', weight: 40 },
          ],
        },
      ],
    };
    await client.put(state);
    const { endpoints } = await client.until(({ endpoints: [found] }) =>
      Boolean(found.variants?.every(({ active }) => active !== undefined)),
    );
    expect(endpoints[0]).toMatchObject({
      wanted: 1,
      active: 1,
      variants: [
        { name: 'champion', version: 1, weight: 60, active: 1 },
        { name: 'challenger', version: 2, weight: 40, active: 2 },
      ],
    });
    const ask = async (id: string) => {
      const { body } = await client.post(
        '/v2/models/tumour/predict',
        { rows: [aRow] },
        { 'x-request-id': id },
      );
      return body.modelVersion;
    };
    const ids = Array.from({ length: 30 }, (_, n) => `order-${n}`);
    const first = await Promise.all(ids.map(ask));
    expect(new Set(first)).toEqual(new Set([1, 2]));
    expect(await Promise.all(ids.map(ask))).toEqual(first);
    // A version that is asked for by its number answers every caller.
    const one = await client.post('/v2/models/tumour/versions/2/predict', {
      rows: [aRow],
    });
    expect(one.body.modelVersion).toBe(2);
  });

  it('gives the share of a variant that cannot be loaded to the others', async () => {
    const [endpoint] = aState(1, [
      aVersion(1),
      aVersion(2, 'make-models.py'),
    ]).endpoints;
    await client.put({
      endpoints: [
        {
          ...endpoint,
          variants: [
            { ...aChampion(1), weight: 60 },
            { ...aChampion(2), name: 'challenger', weight: 40 },
          ],
        },
      ],
    });
    await client.until(({ endpoints: [found] }) =>
      found.versions.some(({ state }) => state === 'failed'),
    );
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => client.predict()),
    );
    expect(new Set(answers.map(({ body }) => body.modelVersion))).toEqual(
      new Set([1]),
    );
  });

  it('serves a model that was exported with a ZipMap, without it', async () => {
    await client.put(aState(2, [aVersion(1), aVersion(2, 'sequence.onnx')]));
    const { endpoints } = await client.untilActive(2);
    expect(endpoints[0].versions[1]).toEqual({
      version: 2,
      state: 'ready',
      message: expect.stringMatching(
        /The ZipMap before 'probabilities' was left out.* in the order 0, 1, 2/,
      ),
      predictions: [0, 1, 2].map(index => ({
        name: `probabilities_${index}`,
        type: 'double',
      })),
    });
    expect((await client.predict()).body.predictions).toEqual([
      { probabilities: [1, 2.5, 3] },
    ]);
  });

  it('refuses a file that is not the one it was told of', async () => {
    const other = { ...aVersion(2), sha256: '0'.repeat(64) };
    await client.put(aState(2, [aVersion(1), other]));
    const { endpoints } = await client.until(({ endpoints: [endpoint] }) =>
      endpoint.versions.some(({ state }) => state === 'failed'),
    );
    expect(endpoints[0].versions[1].message).toMatch(
      /has the SHA-256 [0-9a-f]{64}, wanted 0000/,
    );
  });

  it('forgets an endpoint that is no longer asked for', async () => {
    await client.put({ endpoints: [] });
    expect((await client.predict()).status).toBe(404);
  });

  it('answers a desired state for the endpoints that are named, and for all of them otherwise (R2)', async () => {
    const tell = async (query: string) => {
      const { status, body } = await client.request(`/admin/v1/state${query}`, {
        method: 'PUT',
        body: JSON.stringify(aState(1, [aVersion(1)])),
        headers: { authorization: `Bearer ${folder.token}` },
      });
      expect(status).toBe(200);
      return body.endpoints.map((item: { endpoint: string }) => item.endpoint);
    };
    expect(await tell('')).toEqual(['tumour']);
    expect(await tell('?endpoint=tumour')).toEqual(['tumour']);
    expect(await tell('?endpoint=')).toEqual([]);
  });
});
