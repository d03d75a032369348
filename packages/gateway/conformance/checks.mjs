/*
 * The checks. Each is a name and a function that throws when the server does something else. `level` says what a check
 * rests on. `must` is in the text of the protocol. `should` is what its clients need, or what keeps a number from being
 * changed silently. `extension` is Triton's read-only extras.
 */
import assert from 'node:assert/strict';
import { deflateSync, gzipSync } from 'node:zlib';

const types = {
  BOOL: { bytes: 1, good: [true, false, true, true], wrong: ['yes'] },
  INT8: { bytes: 1, good: [-128, 127, 0, -1], wrong: [128, -129, 1.5, 'a'] },
  INT16: { bytes: 2, good: [-32768, 32767, 0, -1], wrong: [32768, 1.5, 'a'] },
  INT32: {
    bytes: 4,
    good: [-2147483648, 2147483647, 0, -1],
    wrong: [2147483648, 1.5, 'a'],
  },
  INT64: {
    bytes: 8,
    good: [-9007199254740991, 9007199254740991, 0, -1],
    wrong: [1.5, 'a', 1e19],
  },
  UINT8: { bytes: 1, good: [0, 255, 1, 128], wrong: [256, -1, 1.5, 'a'] },
  UINT16: { bytes: 2, good: [0, 65535, 1, 2], wrong: [65536, -1, 1.5, 'a'] },
  UINT32: {
    bytes: 4,
    good: [0, 4294967295, 1, 2],
    wrong: [4294967296, -1, 1.5, 'a'],
  },
  UINT64: {
    bytes: 8,
    good: [0, 9007199254740991, 1, 2],
    wrong: [-1, 1.5, 'a', 1e20],
  },
  FP32: {
    bytes: 4,
    good: [0.5, -1.25, 3.4028234663852886e38, 1e-10],
    wrong: [1e39, 'a'],
  },
  FP64: {
    bytes: 8,
    good: [0.1, -1.5, 1.7976931348623157e308, 5e-324],
    wrong: ['a'],
  },
  FP16: { bytes: 2 },
  BYTES: { good: ['', 'text', 'ä€𝄞', 'a"\n\\'], wrong: [1, true] },
};

const modelOf = type => `identity_${type.toLowerCase()}`;
const inferPath = name => `/v2/models/${name}/infer`;

const request = (type, shape, data, rest = {}) => ({
  inputs: [{ name: 'INPUT0', shape, datatype: type, data, ...rest }],
});

function blobOf(type, values) {
  if (type === 'BYTES') {
    return Buffer.concat(
      values.flatMap(value => {
        const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return [length, bytes];
      }),
    );
  }
  const arrays = {
    BOOL: Uint8Array,
    INT8: Int8Array,
    INT16: Int16Array,
    INT32: Int32Array,
    INT64: BigInt64Array,
    UINT8: Uint8Array,
    UINT16: Uint16Array,
    UINT32: Uint32Array,
    UINT64: BigUint64Array,
    FP16: Uint16Array,
    FP32: Float32Array,
    FP64: Float64Array,
  };
  const big = type.endsWith('INT64');
  return Buffer.from(
    arrays[type].from(big ? values.map(BigInt) : values.map(Number)).buffer,
  );
}

const binaryRequest = (type, shape, size, rest = {}) => ({
  inputs: [
    {
      name: 'INPUT0',
      shape,
      datatype: type,
      parameters: { binary_data_size: size },
    },
  ],
  ...rest,
});

/** A refusal in the protocol's shape: a status of the 4xx and `{"error": "..."}`. */
function refused(answer, status) {
  assert.ok(
    answer.status >= 400 && answer.status < 500,
    `status ${answer.status}, wanted a refusal; body: ${answer.text.slice(
      0,
      200,
    )}`,
  );
  if (status !== undefined) assert.equal(answer.status, status);
  assert.equal(typeof answer.json?.error, 'string', 'no {"error": string}');
  assert.ok(answer.json.error.length > 0, 'the error is empty');
}

function answered(answer) {
  assert.equal(
    answer.status,
    200,
    `status ${answer.status}; body: ${answer.text.slice(0, 300)}`,
  );
  assert.ok(
    answer.json && typeof answer.json === 'object',
    `the answer is no JSON: ${answer.text.slice(0, 300)}`,
  );
  return answer.json;
}

/** A number must be kept or refused, never become another. */
function keptOrRefused(answer, kept) {
  if (answer.status === 200) kept(answer.json);
  else refused(answer);
}

const flat = data => [data].flat(Infinity);

/** A list of objects in an answer. Each value is asserted before it is read: the kit must not stumble over it. */
function listOf(json, name) {
  const list = json?.[name];
  assert.ok(
    Array.isArray(list) && list.every(item => item && typeof item === 'object'),
    `no list '${name}' of objects in ${JSON.stringify(json)?.slice(0, 300)}`,
  );
  return list;
}

/** One item of such a list. */
function itemOf(json, name, index = 0) {
  const list = listOf(json, name);
  assert.ok(
    index < list.length,
    `'${name}' has ${list.length} items, wanted ${index + 1}`,
  );
  return list[index];
}

/** FP32 may be written as the shortest decimal or as all digits of the float: both are the same number. */
function sameNumbers(type, data) {
  const values = flat(data);
  return type === 'FP32'
    ? values.map(value => {
        const { good } = types.FP32;
        return good.find(wanted => Math.fround(wanted) === value) ?? value;
      })
    : values;
}

const outputOf = (json, index) => itemOf(json, 'outputs', index);

export const checks = [];
const check = (level, group, name, work) =>
  checks.push({ level, group, name, work });

/* Health and metadata */
for (const path of ['live', 'ready']) {
  check('must', 'health', `GET health/${path} is 200`, async ({ get }) =>
    assert.equal((await get(`/v2/health/${path}`)).status, 200),
  );
  check(
    'should',
    'health',
    `GET health/${path} says live and ready for clients that read either`,
    async ({ get }) => {
      const { json } = await get(`/v2/health/${path}`);
      assert.equal(json?.live, true);
      assert.equal(json?.ready, true);
    },
  );
  check('should', 'health', `HEAD health/${path} is 200`, async ({ send }) =>
    assert.equal((await send('HEAD', `/v2/health/${path}`)).status, 200),
  );
}
for (const [level, path] of [
  ['must', '/v2'],
  ['should', '/v2/'],
]) {
  check(level, 'metadata', `GET ${path} describes the server`, async c => {
    const json = answered(await c.get(path));
    assert.equal(typeof json.name, 'string');
    assert.equal(typeof json.version, 'string');
    assert.ok(Array.isArray(json.extensions));
  });
}
check('should', 'metadata', 'the binary extension is announced', async c =>
  assert.ok(
    answered(await c.get('/v2')).extensions?.includes?.('binary_tensor_data'),
  ),
);
check('must', 'metadata', 'JSON is sent as application/json', async c =>
  assert.match(
    (await c.get('/v2')).headers['content-type'],
    /^application\/json/,
  ),
);
check('should', 'metadata', 'the content type carries no charset', async c =>
  assert.equal(
    (await c.get('/v2')).headers['content-type'],
    'application/json',
  ),
);
for (const type of Object.keys(types)) {
  const name = modelOf(type);
  check('must', 'metadata', `${name} describes its tensors`, async c => {
    const json = answered(await c.get(`/v2/models/${name}`));
    assert.equal(json.name, name);
    assert.equal(typeof json.platform, 'string');
    const tensor = (label, list) =>
      assert.deepEqual(list, [
        { name: label, datatype: type, shape: [-1, -1] },
      ]);
    tensor('INPUT0', json.inputs);
    tensor('OUTPUT0', json.outputs);
  });
  check('must', 'health', `${name} is ready`, async c =>
    assert.equal((await c.get(`/v2/models/${name}/ready`)).status, 200),
  );
}
check('must', 'versions', 'metadata of version 1', async c => {
  const json = answered(await c.get('/v2/models/cube/versions/1'));
  assert.equal(json.name, 'cube');
  assert.deepEqual(itemOf(json, 'inputs').shape, [-1, 2, 3]);
});
check('must', 'versions', 'readiness of version 1', async c =>
  assert.equal((await c.get('/v2/models/cube/versions/1/ready')).status, 200),
);
check('must', 'versions', 'versions are strings', async c => {
  const { versions } = answered(await c.get('/v2/models/cube'));
  assert.ok(
    versions?.every?.(version => typeof version === 'string'),
    `versions are ${JSON.stringify(versions)}`,
  );
});
check('must', 'versions', 'infer by version 1', async c => {
  const json = answered(
    await c.post(
      '/v2/models/identity_fp32/versions/1/infer',
      request('FP32', [1, 1], [1]),
    ),
  );
  assert.deepEqual(flat(outputOf(json).data), [1]);
});
for (const version of [
  '2',
  '0',
  '-1',
  '0x1',
  '1e0',
  '01',
  '1.0',
  '%31x',
  'latest',
]) {
  check('should', 'versions', `version ${version} is not found`, async c =>
    refused(
      await c.post(
        `/v2/models/identity_fp32/versions/${version}/infer`,
        request('FP32', [1, 1], [1]),
      ),
    ),
  );
}

/* Every datatype, by JSON and by bytes */
for (const [type, { good, wrong = [] }] of Object.entries(types)) {
  const path = inferPath(modelOf(type));
  if (good) {
    check('must', type, 'flat JSON data come back', async c => {
      const json = answered(await c.post(path, request(type, [2, 2], good)));
      const output = outputOf(json);
      assert.equal(output.name, 'OUTPUT0');
      assert.equal(output.datatype, type);
      assert.deepEqual(output.shape, [2, 2]);
      assert.deepEqual(sameNumbers(type, output.data), good);
    });
    check('must', type, 'nested JSON data come back', async c => {
      const nested = [good.slice(0, 2), good.slice(2)];
      const json = answered(await c.post(path, request(type, [2, 2], nested)));
      assert.deepEqual(sameNumbers(type, outputOf(json).data), good);
    });
    check('should', type, 'JSON in, bytes out', async c => {
      const answer = await c.post(path, {
        ...request(type, [2, 2], good),
        parameters: { binary_data_output: true },
      });
      const json = answered(answer);
      const blob = blobOf(type, good);
      assert.equal(outputOf(json).parameters?.binary_data_size, blob.length);
      assert.equal(outputOf(json).data, undefined);
      assert.deepEqual(answer.blobs, blob);
    });
    check('should', type, 'bytes in, JSON out', async c => {
      const blob = blobOf(type, good);
      const json = answered(
        await c.postBinary(path, binaryRequest(type, [2, 2], blob.length), [
          blob,
        ]),
      );
      assert.deepEqual(sameNumbers(type, outputOf(json).data), good);
    });
  }
  const sample = good ?? [0x3c00, 0xc000, 0x7bff, 0x0001];
  check('should', type, 'bytes in, bytes out', async c => {
    const blob = blobOf(type, sample);
    const answer = await c.postBinary(
      path,
      binaryRequest(type, [2, 2], blob.length, {
        outputs: [{ name: 'OUTPUT0', parameters: { binary_data: true } }],
      }),
      [blob],
    );
    answered(answer);
    assert.deepEqual(answer.blobs, blob);
  });
  check(
    'should',
    type,
    'a batch without rows is answered or refused',
    async c => {
      const answer = await c.postBinary(
        path,
        binaryRequest(type, [0, 2], 0),
        [],
      );
      keptOrRefused(answer, json =>
        assert.deepEqual(outputOf(json).shape, [0, 2]),
      );
    },
  );
  check('should', type, 'a blob one byte short is refused', async c => {
    const blob = blobOf(type, sample).subarray(0, -1);
    refused(
      await c.postBinary(path, binaryRequest(type, [2, 2], blob.length), [
        blob,
      ]),
    );
  });
  check('should', type, 'a blob one byte long is refused', async c => {
    const blob = Buffer.concat([blobOf(type, sample), Buffer.alloc(1)]);
    refused(
      await c.postBinary(path, binaryRequest(type, [2, 2], blob.length), [
        blob,
      ]),
    );
  });
  for (const value of wrong) {
    check('should', type, `${JSON.stringify(value)} is refused`, async c =>
      refused(await c.post(path, request(type, [1, 1], [value]))),
    );
  }
}

/* Numbers at the edges: kept or refused */
const edge = (name, type, text, kept) =>
  check('should', 'numbers', `${name} is kept or refused`, async c => {
    const body = `{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"${type}","data":[${text}]}]}`;
    const answer = await c.post(inferPath(modelOf(type)), body);
    keptOrRefused(answer, () => kept(answer.text, answer.json));
  });
const digits = number => text =>
  assert.match(text, new RegExp(`\\D${number}\\D`));
edge(
  'INT64 2^63-1',
  'INT64',
  '9223372036854775807',
  digits('9223372036854775807'),
);
edge(
  'INT64 2^63',
  'INT64',
  '9223372036854775808',
  digits('9223372036854775808'),
);
edge('INT64 2^53+1', 'INT64', '9007199254740993', digits('9007199254740993'));
edge(
  'UINT64 2^64-1',
  'UINT64',
  '18446744073709551615',
  digits('18446744073709551615'),
);
edge(
  'UINT64 2^64',
  'UINT64',
  '18446744073709551616',
  digits('18446744073709551616'),
);
edge('1e999 as FP64', 'FP64', '1e999', () => assert.fail('became infinite'));
edge('null as INT64', 'INT64', 'null', () => assert.fail('became a number'));
edge('null as BYTES', 'BYTES', 'null', () => assert.fail('became a text'));
edge('true as FP32', 'FP32', 'true', (_, json) =>
  assert.deepEqual(flat(outputOf(json).data), [1]),
);
edge('2 as BOOL', 'BOOL', '2', () => assert.fail('became true or false'));
edge('half a surrogate pair', 'BYTES', '"\\ud800"', text =>
  assert.match(text, /\\ud800/i),
);
edge('-0 as FP64', 'FP64', '-0', text => assert.match(text, /\[\[?-0(\.0)?\]/));
for (const type of ['FP32', 'FP64']) {
  check('should', 'numbers', `null is NaN for ${type}, or refused`, async c =>
    keptOrRefused(
      await c.post(inferPath(modelOf(type)), request(type, [1, 1], [null])),
      json => assert.deepEqual(flat(outputOf(json).data), [null]),
    ),
  );
  for (const [name, zero] of [
    ['+Inf', 0],
    ['-Inf', -0],
  ]) {
    check(
      'should',
      'numbers',
      `${name} of ${type} is told from NaN in JSON`,
      async c => {
        const blob = blobOf(type, [zero]);
        const answer = await c.postBinary(
          inferPath(`reciprocal_${type.toLowerCase()}`),
          binaryRequest(type, [1, 1], blob.length),
          [blob],
        );
        if (answer.status !== 200) return;
        const [value] = flat(outputOf(answered(answer)).data);
        assert.notEqual(value, null, 'an infinity became null, which is NaN');
        assert.equal(String(value).startsWith('-'), name === '-Inf');
      },
    );
    check(
      'should',
      'numbers',
      `${name} of ${type} comes back in bytes`,
      async c => {
        const blob = blobOf(type, [zero]);
        const answer = await c.postBinary(
          inferPath(`reciprocal_${type.toLowerCase()}`),
          binaryRequest(type, [1, 1], blob.length, {
            parameters: { binary_data_output: true },
          }),
          [blob],
        );
        answered(answer);
        assert.equal(answer.blobs.length, blob.length, 'bytes of the output');
        const value =
          type === 'FP32'
            ? answer.blobs.readFloatLE()
            : answer.blobs.readDoubleLE();
        assert.equal(value, name === '+Inf' ? Infinity : -Infinity);
      },
    );
  }
}
check('should', 'numbers', 'INT64 bytes keep all 64 bits', async c => {
  const values = [2n ** 63n - 1n, -(2n ** 63n), 9007199254740993n, 0n];
  const blob = blobOf('INT64', values);
  const answer = await c.postBinary(
    inferPath('identity_int64'),
    binaryRequest('INT64', [2, 2], blob.length),
    [blob],
  );
  answered(answer);
  for (const value of values) digits(String(value))(answer.text);
});
check(
  'should',
  'BYTES',
  'bytes that are not UTF-8 are kept or refused',
  async c => {
    const blob = blobOf('BYTES', [Buffer.from([0xff, 0xfe])]);
    const answer = await c.postBinary(
      inferPath('identity_bytes'),
      binaryRequest('BYTES', [1, 1], blob.length, {
        parameters: { binary_data_output: true },
      }),
      [blob],
    );
    if (answer.status === 200) assert.deepEqual(answer.blobs, blob);
    else refused(answer);
  },
);
check('should', 'BYTES', 'a zero byte inside a text is kept', async c => {
  const blob = blobOf('BYTES', ['a\0b']);
  const answer = await c.postBinary(
    inferPath('identity_bytes'),
    binaryRequest('BYTES', [1, 1], blob.length, {
      parameters: { binary_data_output: true },
    }),
    [blob],
  );
  if (answer.status === 200) assert.deepEqual(answer.blobs, blob);
  else refused(answer);
});

/* Shape and nesting */
const fp32 = inferPath('identity_fp32');
const nestings = [
  ['ragged rows', [2, 2], [[1, 2], [3]]],
  [
    'a row too many',
    [1, 2],
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [
    'rows in place of columns',
    [4, 1],
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ['a value among rows', [2, 2], [[1, 2], 3, 4]],
  ['nesting deeper than the shape', [2, 1], [[[1]], [[2]]]],
  ['too few values', [2, 2], [1, 2, 3]],
  ['too many values', [2, 2], [1, 2, 3, 4, 5]],
  ['no data', [1, 1], undefined],
  ['data that are no array', [1, 1], 'text'],
  ['a shape of too few dimensions', [4], [1, 2, 3, 4]],
  ['a shape of too many dimensions', [1, 2, 2], [1, 2, 3, 4]],
  ['a negative dimension', [-1, 1], [1]],
  ['a fraction for a dimension', [1.5, 1], [1]],
  ['text for a dimension', ['1', 1], [1]],
  ['no shape', undefined, [1]],
  ['a shape whose product overflows', [4294967296, 4294967296], [1]],
  ['rows without columns by the million', [20000000, 0], []],
];
for (const [name, shape, data] of nestings) {
  check('should', 'shape', `${name} is refused`, async c =>
    refused(await c.post(fp32, request('FP32', shape, data))),
  );
}
check('must', 'shape', 'three dimensions, nested and flat', async c => {
  const cubes = [
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ];
  for (const data of [cubes, flat(cubes)]) {
    const json = answered(
      await c.post(inferPath('cube'), request('FP32', [1, 2, 3], data)),
    );
    assert.deepEqual(flat(outputOf(json).data), [1, 2, 3, 4, 5, 6]);
  }
});
check(
  'should',
  'shape',
  'a fixed dimension of another size is refused',
  async c =>
    refused(
      await c.post(
        inferPath('cube'),
        request('FP32', [1, 3, 2], [1, 2, 3, 4, 5, 6]),
      ),
    ),
);

/* Ids, names, outputs */
const both = (rest = {}) => ({
  inputs: [
    { name: 'A', shape: [1, 2], datatype: 'FP32', data: [5, 7] },
    { name: 'B', shape: [1, 2], datatype: 'FP32', data: [1, 2] },
  ],
  ...rest,
});
const sum = inferPath('sum_difference');
check('must', 'request', 'the id comes back', async c =>
  assert.equal(answered(await c.post(sum, both({ id: 'q-7' }))).id, 'q-7'),
);
check(
  'must',
  'request',
  'an id with quotes and beyond ASCII comes back',
  async c =>
    assert.equal(answered(await c.post(sum, both({ id: 'ä"\\' }))).id, 'ä"\\'),
);
check(
  'should',
  'request',
  'without an id there is none, or an empty one',
  async c => assert.ok(!answered(await c.post(sum, both())).id),
);
check('must', 'request', 'model_name comes back', async c =>
  assert.equal(
    answered(await c.post(sum, both())).model_name,
    'sum_difference',
  ),
);
check('should', 'request', 'model_version comes back as a string', async c =>
  assert.equal(answered(await c.post(sum, both())).model_version, '1'),
);
check('must', 'request', 'inputs in any order', async c => {
  const { inputs } = both();
  const json = answered(await c.post(sum, { inputs: inputs.reverse() }));
  const output = listOf(json, 'outputs').find(
    ({ name }) => name === 'DIFFERENCE',
  );
  assert.ok(output, 'no output DIFFERENCE');
  assert.deepEqual(flat(output.data), [4, 5]);
});
check('must', 'outputs', 'all outputs when none is asked for', async c =>
  assert.deepEqual(
    listOf(answered(await c.post(sum, both())), 'outputs')
      .map(({ name }) => name)
      .sort(),
    ['DIFFERENCE', 'SUM'],
  ),
);
for (const names of [
  ['SUM'],
  ['DIFFERENCE'],
  ['DIFFERENCE', 'SUM'],
  ['SUM', 'DIFFERENCE'],
]) {
  check(
    'should',
    'outputs',
    `${names.join(', ')} as asked, in that order`,
    async c =>
      assert.deepEqual(
        listOf(
          answered(
            await c.post(sum, both({ outputs: names.map(name => ({ name })) })),
          ),
          'outputs',
        ).map(({ name }) => name),
        names,
      ),
  );
}
check('should', 'outputs', 'one in JSON beside one in bytes', async c => {
  const answer = await c.post(
    sum,
    both({
      outputs: [
        { name: 'SUM', parameters: { binary_data: true } },
        { name: 'DIFFERENCE', parameters: { binary_data: false } },
      ],
    }),
  );
  const json = answered(answer);
  assert.deepEqual(answer.blobs, blobOf('FP32', [6, 9]));
  assert.deepEqual(flat(outputOf(json, 1).data), [4, 5]);
});
check(
  'should',
  'outputs',
  'an output may opt out of binary_data_output',
  async c => {
    const answer = await c.post(
      sum,
      both({
        parameters: { binary_data_output: true },
        outputs: [
          { name: 'DIFFERENCE', parameters: { binary_data: false } },
          { name: 'SUM' },
        ],
      }),
    );
    assert.deepEqual(flat(outputOf(answered(answer)).data), [4, 5]);
    assert.deepEqual(answer.blobs, blobOf('FP32', [6, 9]));
  },
);
check('should', 'request', 'one input in JSON beside one in bytes', async c => {
  const blob = blobOf('FP32', [1, 2]);
  const json = answered(
    await c.postBinary(
      sum,
      {
        inputs: [
          { name: 'A', shape: [1, 2], datatype: 'FP32', data: [5, 7] },
          {
            name: 'B',
            shape: [1, 2],
            datatype: 'FP32',
            parameters: { binary_data_size: 8 },
          },
        ],
        outputs: [{ name: 'SUM' }],
      },
      [blob],
    ),
  );
  assert.deepEqual(flat(outputOf(json).data), [6, 9]);
});
for (const field of ['id', 'parameters', 'outputs']) {
  check(
    'should',
    'request',
    `${field}: null is as if it were absent`,
    async c => answered(await c.post(sum, both({ [field]: null }))),
  );
}
check(
  'should',
  'request',
  'unknown fields and parameters are ignored',
  async c =>
    answered(
      await c.post(
        sum,
        both({
          model_name: 'x',
          extra: 1,
          parameters: { priority: 1, own: 'x' },
        }),
      ),
    ),
);
const { inputs: pair } = both();
for (const [name, body] of [
  ['a missing input', { inputs: [pair[0]] }],
  ['an input twice', { inputs: [pair[0], pair[0]] }],
  ['an unknown input', { inputs: [...pair, { ...pair[0], name: 'C' }] }],
  ['no inputs', {}],
  ['inputs that are no array', { inputs: {} }],
  ['an input that is no object', { inputs: [1, 2] }],
  [
    'an input without a name',
    { inputs: [{ ...pair[0], name: undefined }, pair[1]] },
  ],
  [
    'an input without a datatype',
    { inputs: [{ ...pair[0], datatype: undefined }, pair[1]] },
  ],
  [
    'an unknown datatype',
    { inputs: [{ ...pair[0], datatype: 'FP31' }, pair[1]] },
  ],
  [
    'text for a number input',
    { inputs: [{ ...pair[0], datatype: 'BYTES', data: ['5', '7'] }, pair[1]] },
  ],
  ['an unknown output', both({ outputs: [{ name: 'PRODUCT' }] })],
  ['an output twice', both({ outputs: [{ name: 'SUM' }, { name: 'SUM' }] })],
  ['outputs that are no array', both({ outputs: 'SUM' })],
  ['an output that is no object', both({ outputs: ['SUM'] })],
  ['an id that is a number', both({ id: 7 })],
  ['a request that is an array', []],
  ['a request that is null', 'null'],
  ['a request that is a number', '1'],
]) {
  check('should', 'errors', `${name} is refused`, async c =>
    refused(await c.post(sum, body)),
  );
}
for (const [name, text] of [
  ['an empty body', ''],
  ['half an object', '{"inputs": ['],
  [
    'NaN without quotes',
    '{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[NaN]}]}',
  ],
  ['brackets 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000)],
  [
    'data 100,000 deep',
    `{"inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":${'['.repeat(
      100_000,
    )}${']'.repeat(100_000)}}]}`,
  ],
]) {
  check(
    'should',
    'errors',
    `${name} is answered in the protocol's shape`,
    async c => {
      const answer = await c.post(fp32, text);
      if (answer.status !== 200) refused(answer);
    },
  );
}
check('should', 'errors', 'a body that is not UTF-8 is refused', async c =>
  refused(
    await c.send('POST', fp32, {
      body: Buffer.from(
        '{"id":"\xff","inputs":[{"name":"INPUT0","shape":[1,1],"datatype":"FP32","data":[1]}]}',
        'latin1',
      ),
      headers: { 'content-type': 'application/json' },
    }),
  ),
);
for (const [method, path, status] of [
  ['GET', '/v2/models/no_such_model', 404],
  ['GET', '/v2/models/no_such_model/ready', 404],
  ['POST', '/v2/models/no_such_model/infer', 404],
  ['GET', '/v2/nothing', 404],
  ['GET', '/v2/models/identity_fp32/infer', 405],
  ['DELETE', '/v2/models/identity_fp32', 405],
  ['PUT', '/v2/models/identity_fp32/infer', 405],
]) {
  check('should', 'errors', `${method} ${path} is ${status}`, async c =>
    refused(
      await c.send(
        method,
        path,
        method === 'GET' ? {} : { body: Buffer.from('{}') },
      ),
      status,
    ),
  );
}
check('must', 'errors', 'errors are application/json', async c =>
  assert.match(
    (await c.post(sum, {})).headers['content-type'] ?? '',
    /^application\/json/,
  ),
);

/* The header of the binary extension */
for (const value of ['-1', 'abc', '999999', '1.5', '0x10', '']) {
  check(
    'should',
    'binary',
    `Inference-Header-Content-Length: '${value}' is refused`,
    async c => {
      const blob = blobOf('FP32', [1]);
      refused(
        await c.postBinary(fp32, binaryRequest('FP32', [1, 1], 4), [blob], {
          'inference-header-content-length': value,
        }),
      );
    },
  );
}
check('should', 'binary', 'bytes that are left over are refused', async c =>
  refused(
    await c.postBinary(fp32, binaryRequest('FP32', [1, 1], 4), [
      Buffer.alloc(8),
    ]),
  ),
);
check('should', 'binary', 'bytes that are missing are refused', async c =>
  refused(
    await c.postBinary(fp32, binaryRequest('FP32', [1, 2], 8), [
      Buffer.alloc(4),
    ]),
  ),
);
for (const size of [-4, 4.5, '4', 1e30]) {
  check(
    'should',
    'binary',
    `binary_data_size ${JSON.stringify(size)} is refused`,
    async c =>
      refused(
        await c.postBinary(fp32, binaryRequest('FP32', [1, 1], size), [
          Buffer.alloc(4),
        ]),
      ),
  );
}
check('should', 'binary', 'an unaligned blob is read right', async c => {
  const blob = blobOf('FP64', [0.1, -2.5]);
  for (const id of [
    '',
    'a',
    'ab',
    'abc',
    'abcd',
    'abcde',
    'abcdef',
    'abcdefg',
  ]) {
    const answer = await c.postBinary(
      inferPath('identity_fp64'),
      binaryRequest('FP64', [1, 2], 16, {
        id,
        parameters: { binary_data_output: true },
      }),
      [blob],
    );
    answered(answer);
    assert.deepEqual(answer.blobs, blob);
  }
});
check(
  'should',
  'binary',
  'an answer with blobs is application/octet-stream',
  async c => {
    const answer = await c.post(
      sum,
      both({ parameters: { binary_data_output: true } }),
    );
    assert.equal(answer.headers['content-type'], 'application/octet-stream');
  },
);

/* Headers and compression */
for (const type of [
  undefined,
  'application/octet-stream',
  'application/json; charset=utf-8',
]) {
  check(
    'should',
    'headers',
    `JSON with the content type ${type ?? 'left out'}`,
    async c =>
      answered(
        await c.send('POST', sum, {
          body: Buffer.from(JSON.stringify(both())),
          headers: type ? { 'content-type': type } : {},
        }),
      ),
  );
}
for (const [name, pack] of [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
]) {
  check('should', 'compression', `a request in ${name}`, async c =>
    answered(
      await c.send('POST', sum, {
        body: pack(Buffer.from(JSON.stringify(both()))),
        headers: {
          'content-type': 'application/json',
          'content-encoding': name,
        },
      }),
    ),
  );
  check(
    'should',
    'compression',
    `bytes in ${name}: the JSON length counts what was packed`,
    async c => {
      const json = Buffer.from(
        JSON.stringify(binaryRequest('FP32', [1, 1], 4)),
      );
      const answer = await c.send('POST', fp32, {
        body: pack(Buffer.concat([json, blobOf('FP32', [2.5])])),
        headers: {
          'content-encoding': name,
          'inference-header-content-length': String(json.length),
        },
      });
      assert.deepEqual(flat(outputOf(answered(answer)).data), [2.5]);
    },
  );
  check(
    'should',
    'compression',
    `an answer to a client that takes ${name} can be read`,
    async c =>
      answered(
        await c.send('POST', sum, {
          body: Buffer.from(JSON.stringify(both())),
          headers: { 'accept-encoding': name },
        }),
      ),
  );
  check(
    'should',
    'compression',
    `a body that claims ${name} and is none is refused`,
    async c =>
      refused(
        await c.send('POST', sum, {
          body: Buffer.from(JSON.stringify(both())),
          headers: { 'content-encoding': name },
        }),
      ),
  );
}
check('should', 'compression', 'an unknown encoding is refused', async c =>
  refused(
    await c.send('POST', sum, {
      body: Buffer.from(JSON.stringify(both())),
      headers: { 'content-encoding': 'zip' },
    }),
  ),
);
check('should', 'request', 'a thousand rows come back', async c => {
  const data = Array.from({ length: 4000 }, (_, index) => index / 4);
  const json = answered(await c.post(fp32, request('FP32', [1000, 4], data)));
  assert.deepEqual(flat(outputOf(json).data), data);
});
check(
  'should',
  'request',
  'fifty requests at once get their own answers',
  async c => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        c.post(fp32, {
          ...request('FP32', [1, 1], [index]),
          id: String(index),
        }),
      ),
    );
    answers.forEach((answer, index) => {
      const json = answered(answer);
      assert.equal(json.id, String(index));
      assert.deepEqual(flat(outputOf(json).data), [index]);
    });
  },
);

/* Triton's read-only extras */
check('extension', 'triton', 'config has what perf_analyzer reads', async c => {
  const json = answered(await c.get('/v2/models/sum_difference/config'));
  assert.equal(json.name, 'sum_difference');
  assert.equal(typeof json.max_batch_size, 'number');
  assert.deepEqual(
    listOf(json, 'input')
      .map(({ name }) => name)
      .sort(),
    ['A', 'B'],
  );
  assert.deepEqual(
    listOf(json, 'output')
      .map(({ name }) => name)
      .sort(),
    ['DIFFERENCE', 'SUM'],
  );
  assert.equal(itemOf(json, 'input').data_type, 'TYPE_FP32');
});
check('extension', 'triton', 'stats count requests', async c => {
  const count = async () => {
    const json = answered(
      await c.get('/v2/models/sum_difference/versions/1/stats'),
    );
    const stats = itemOf(json, 'model_stats');
    assert.equal(stats.name, 'sum_difference');
    assert.equal(stats.version, '1');
    return Number(stats.inference_stats?.success?.count);
  };
  const before = await count();
  answered(await c.post(sum, both()));
  assert.ok((await count()) > before);
});
check('extension', 'triton', 'stats of all models', async c =>
  itemOf(answered(await c.get('/v2/models/stats')), 'model_stats'),
);
for (const body of [
  undefined,
  Buffer.from('{}'),
  Buffer.from('{"ready":true}'),
]) {
  check(
    'extension',
    'triton',
    `repository/index with the body ${body ?? 'left out'}`,
    async c => {
      const list = answered(
        await c.send('POST', '/v2/repository/index', { body }),
      );
      const found = listOf({ list }, 'list').find(
        ({ name }) => name === 'cube',
      );
      assert.deepEqual([found?.version, found?.state], ['1', 'READY']);
    },
  );
}
