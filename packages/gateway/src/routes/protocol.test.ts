import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  aRow,
  aState,
  aVersion,
  clientOf,
} from '../testUtils/gatewayFixture';

jest.setTimeout(60_000);

describe('the Open Inference Protocol', () => {
  const folder = aGatewayFolder({ maxBodyBytes: 10_000 });
  let gateway: Gateway;
  let client: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    gateway = await startGateway(folder.config);
    client = clientOf(gateway.url, folder.token);
    await client.put(aState(1, [aVersion(1), aVersion(2)]));
    await client.until(
      ({ endpoints: [endpoint] }) =>
        endpoint.active === 1 &&
        endpoint.versions.every(({ state }) => state === 'ready'),
    );
  });
  afterAll(async () => {
    await gateway.stop();
    folder.remove();
  });

  const infer = '/v2/models/tumour/infer';
  const input = (data: unknown, shape = [2, 3], datatype = 'FP32') => ({
    inputs: [{ name: 'X', shape, datatype, data }],
  });

  it.each(['live', 'ready'])('answers both words on health/%s', async path => {
    const { status, body, headers } = await client.request(
      `/v2/health/${path}`,
    );
    expect({ status, body, type: headers.get('content-type') }).toEqual({
      status: 200,
      body: { live: true, ready: true },
      type: 'application/json',
    });
  });

  it.each(['/v2', '/v2/', '/any/prefix/v2'])(
    'describes itself at %s',
    async path => {
      expect((await client.request(path)).body).toEqual({
        name: 'downstage-gateway',
        version: '0.1.0',
        extensions: [
          'binary_tensor_data',
          'model_configuration',
          'model_repository',
          'statistics',
        ],
      });
    },
  );

  it('describes a model and its versions', async () => {
    const description = {
      name: 'tumour',
      versions: ['1', '2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'X', datatype: 'FP32', shape: [-1, 3] }],
      outputs: [
        { name: 'label', datatype: 'INT64', shape: [-1] },
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] },
      ],
    };
    expect((await client.request('/v2/models/tumour')).body).toEqual(
      description,
    );
    const one = await client.request('/v2/models/tumour/versions/2');
    expect(one.body).toEqual(description);
    const ready = await client.request('/v2/models/tumour/versions/2/ready');
    expect(ready.body).toEqual({ name: 'tumour', ready: true });
  });

  it.each([
    ['flat', [1, 2, 3, 4, 5, 6]],
    [
      'nested',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
  ])(
    'takes %s data, echoes the id, ignores unknown parameters',
    async (_, data) => {
      const { status, body } = await client.post(infer, {
        ...input(data),
        id: 'request-7',
        model_name: 'tumour',
        parameters: { priority: 3 },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        model_name: 'tumour',
        model_version: '1',
        id: 'request-7',
        outputs: [
          { name: 'label', datatype: 'INT64', shape: [2], data: [1, 1] },
          { name: 'probabilities', datatype: 'FP32', shape: [2, 2] },
        ],
      });
      expect(body.outputs[1].data[1]).toBeCloseTo(0.9241418, 6);
    },
  );

  it('answers by a version that is asked for, and only the outputs that are', async () => {
    const { body } = await client.post('/v2/models/tumour/versions/2/infer', {
      ...input([0, 0, 0], [1, 3], 'FP64'),
      outputs: [{ name: 'label' }],
    });
    expect(body).toEqual({
      model_name: 'tumour',
      model_version: '2',
      outputs: [{ name: 'label', datatype: 'INT64', shape: [1], data: [1] }],
    });
  });

  it('takes null for a missing number and answers null for NaN', async () => {
    const { body } = await client.post(infer, input([1, null, 3], [1, 3]));
    expect(body.outputs[1].data).toEqual([null, null]);
  });

  it('answers a batch without rows', async () => {
    const { status, body } = await client.post(infer, input([], [0, 3]));
    expect({ status, label: body.outputs[0] }).toEqual({
      status: 200,
      label: { name: 'label', datatype: 'INT64', shape: [0], data: [] },
    });
  });

  it('speaks binary tensor data both ways', async () => {
    const values = Buffer.from(Float32Array.from([1, 2, 3]).buffer);
    const json = Buffer.from(
      JSON.stringify({
        inputs: [
          {
            name: 'X',
            shape: [1, 3],
            datatype: 'FP32',
            parameters: { binary_data_size: values.length },
          },
        ],
        parameters: { binary_data_output: true },
      }),
    );
    const response = await fetch(`${gateway.url}${infer}`, {
      method: 'POST',
      body: Buffer.concat([json, values]),
      headers: { 'inference-header-content-length': String(json.length) },
    });
    const body = Buffer.from(await response.arrayBuffer());
    const length = Number(
      response.headers.get('inference-header-content-length'),
    );
    const { outputs } = JSON.parse(body.toString('utf8', 0, length));
    expect(outputs[1].parameters).toEqual({ binary_data_size: 8 });
    expect(body.length - length).toBe(16);
    expect(body.readBigInt64LE(length)).toBe(1n);
    expect(body.readFloatLE(length + 12)).toBeCloseTo(0.9241418, 6);
  });

  it.each([
    [
      'a body that is not JSON',
      infer,
      '{"inputs": [NaN]}',
      400,
      /not JSON.*send null and "Infinity"/,
    ],
    [
      'a wrong shape',
      infer,
      input([1, 2], [1, 2]),
      400,
      /shape \[1,2\], the model wants \[-1,3\]/,
    ],
    [
      'too few values',
      infer,
      input([1, 2], [1, 3]),
      400,
      /has 2 values, its shape wants 3/,
    ],
    [
      'a wrong type',
      infer,
      input(['a', 2, 3], [1, 3]),
      400,
      /value 0 is string "a"/,
    ],
    [
      'an unknown datatype',
      infer,
      input([1, 2, 3], [1, 3], 'BYTES'),
      400,
      /BYTES, the model wants FP32/,
    ],
    [
      'an unknown input',
      infer,
      { inputs: [{ name: 'Y', shape: [1], datatype: 'FP32', data: [1] }] },
      400,
      /'Y' is not one of the model's: X/,
    ],
    ['a missing input', infer, { inputs: [] }, 400, /Missing inputs: X/],
    [
      'an unknown output',
      infer,
      { ...input([1, 2, 3], [1, 3]), outputs: [{ name: 'z' }] },
      400,
      /z \(it has label, probabilities\)/,
    ],
    [
      'a blob that is not there',
      infer,
      {
        inputs: [
          {
            name: 'X',
            shape: [1, 3],
            datatype: 'FP32',
            parameters: { binary_data_size: 12 },
          },
        ],
      },
      400,
      /binary_data_size is 12, the body has 0 bytes left/,
    ],
    [
      'an unknown model',
      '/v2/models/none/infer',
      input([1, 2, 3], [1, 3]),
      404,
      /no model 'none' here, or none that you may see/,
    ],
    [
      'an unknown version',
      '/v2/models/tumour/versions/9/infer',
      input([1, 2, 3], [1, 3]),
      404,
      /no loaded version '9'; loaded are: 1, 2/,
    ],
    [
      'an unknown path',
      '/v2/nothing',
      {},
      404,
      /nothing at POST \/v2\/nothing/,
    ],
    ['a wrong verb', '/v2/models/tumour', {}, 405, /POST is not allowed/],
    [
      'a body too large',
      infer,
      'x'.repeat(20_000),
      413,
      /larger than 10000 bytes/,
    ],
    [
      'a missing column',
      '/v2/models/tumour/predict',
      { rows: [{ radius: 1, size: 2 }] },
      400,
      /Row 0: missing columns texture, count; unknown columns size/,
    ],
    [
      'text in a number column',
      '/v2/models/tumour/predict',
      { rows: [aRow, { ...aRow, radius: '1' }] },
      400,
      /Row 1, column 'radius': found "1", wanted a number/,
    ],
    [
      'a fraction in an integer column',
      '/v2/models/tumour/predict',
      { rows: [{ ...aRow, count: 1.5 }] },
      400,
      /wanted an integer/,
    ],
  ])(
    'refuses %s in the protocol’s shape',
    async (_, path, body, status, message) => {
      const answer = await client.post(path, body);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.body).toEqual({ error: expect.stringMatching(message) });
    },
  );

  it('takes rows with named columns in any order', async () => {
    const { status, body } = await client.predict({
      count: 3,
      texture: 2.5,
      radius: 1,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      modelVersion: 1,
      predictions: [
        {
          label: 1,
          probabilities: [
            expect.closeTo(0.0474259, 6),
            expect.closeTo(0.9525741, 6),
          ],
        },
      ],
      requestId: expect.any(String),
    });
  });

  it('shows the state to holders of the token, and to nobody else', async () => {
    expect((await client.request('/admin/v1/state')).status).toBe(401);
    const refused = await client.put(aState(1, [aVersion(1)]), {
      authorization: 'Bearer wrong',
    });
    expect(refused.status).toBe(401);
    expect(
      (await client.put({ endpoints: [{ endpoint: 'a/b' }] })).status,
    ).toBe(400);
  });

  it('counts traffic by minute and as metrics', async () => {
    await client.predict();
    const [endpoint] = (await client.stats()).body.endpoints;
    const [last] = endpoint.buckets
      .filter((b: { count: number }) => b.count)
      .slice(-1);
    expect(last).toMatchObject({
      count: expect.any(Number),
      errors: expect.any(Number),
      p50: expect.any(Number),
      p99: expect.any(Number),
    });
    const metrics = await client.request('/metrics');
    expect(metrics.body).toContain(
      'downstage_gateway_active_version{endpoint="tumour"} 1',
    );
  });
});
