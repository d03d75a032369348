/*
 * Makes requests that no client should send, always the same ones for a seed. A case is the bytes to write, and
 * whether the connection can be used again after its answer.
 */
import { deflateSync, gzipSync } from 'node:zlib';

/** mulberry32: small, and good enough for choosing. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = limit => Math.floor(next() * limit);
  const pick = list => list[below(list.length)];
  return { next, below, pick, chance: part => next() < part };
}

const models = [
  'tumour',
  'identity_bytes',
  'identity_int64',
  'identity_fp16',
  'identity_bool',
  'sum_difference',
  'cube',
  'nobody',
];
const oddTargets = [
  '//',
  '/\\',
  'http://[',
  'http://',
  '*',
  '?',
  '#',
  '/%',
  '/%00',
  '/v2/%',
  '///v2',
  '/v2//models',
  '/v2/models/',
  '/v2/models/%2e%2e/infer',
  '/v2/models/../../metrics',
  '/v2/models/tumour/versions/infer',
  '/v2/models/__proto__/infer',
  '/v2/models/constructor',
  '/v2/models/toString/ready',
  '/v2/models/tumour/versions/__proto__',
  '/admin/v1/state',
  '/admin/v1/stats?minutes=1e9',
  '/metrics',
  '/v2/../v2',
  'ftp://x/v2',
  'v2',
  '/v2\u0000',
  '/v2/models/tumour/config',
  '/v2/models/tumour/stats',
  '/v2/repository/index',
  '/v2/health/ready?x=%',
  'http://gateway/v2',
  '//[::1',
  '/v2;x=1',
];
const oddNumbers = [
  '0',
  '-0',
  '-1',
  '1e999',
  '-1e999',
  '1e39',
  '1.5',
  '9007199254740993',
  '18446744073709551616',
  '20000000',
  '4294967296',
  '1e-400',
  '0.1',
  '99999999999999999999999',
];
const oddTexts = [
  '""',
  '"NaN"',
  '"Infinity"',
  '"\\ud800"',
  '"\\u0000"',
  '"__proto__"',
  '"1"',
  '"0x1"',
  `"${'x'.repeat(300)}"`,
];
const oddWords = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '{"__proto__":1}',
  '[[1],[2,3]]',
];

function target(r) {
  const kind = r.below(6);
  if (kind === 0) return r.pick(oddTargets);
  if (kind === 1) {
    const length = r.pick([1, 5, 50, 2000, 20_000]);
    let text = '/';
    for (let index = 0; index < length; index++) {
      text += String.fromCharCode(33 + r.below(94));
    }
    return text;
  }
  if (kind === 2)
    return `${'/'.repeat(r.pick([2, 100, 15_000]))}v2${r.pick(['', '/x'])}`;
  const version = r.chance(0.3)
    ? `/versions/${r.pick([
        '1',
        '2',
        '0x1',
        '1e0',
        '-1',
        '',
        '%31',
        '9'.repeat(400),
        'NaN',
      ])}`
    : '';
  const end = r.pick([
    '',
    '/infer',
    '/predict',
    '/ready',
    '/config',
    '/stats',
    '/load',
    '/generate',
  ]);
  return `${r.pick(['', '/prefix', '/a/b/c'])}/v2/models/${r.pick(
    models,
  )}${version}${end}${r.pick(['', '/', '//', '?', '?a=b&%'])}`;
}

function value(r, depth = 0) {
  const kind = r.below(depth > 4 ? 3 : 6);
  if (kind === 0) return r.pick(oddNumbers);
  if (kind === 1) return r.pick(oddTexts);
  if (kind === 2) return r.pick(oddWords);
  if (kind === 3) {
    return `[${Array.from({ length: r.below(6) }, () =>
      value(r, depth + 1),
    ).join(',')}]`;
  }
  if (kind === 4) {
    const keys = [
      'name',
      'shape',
      'datatype',
      'data',
      'parameters',
      'inputs',
      '__proto__',
      'x',
    ];
    return `{${Array.from(
      { length: r.below(4) },
      () => `"${r.pick(keys)}":${value(r, depth + 1)}`,
    ).join(',')}}`;
  }
  const levels = r.pick([10, 1000, 20_000]);
  return '['.repeat(levels) + ']'.repeat(levels);
}

const types = [
  'FP32',
  'FP64',
  'FP16',
  'INT64',
  'INT8',
  'UINT8',
  'BOOL',
  'BYTES',
  'BF16',
  '',
];
const shapes = [
  '[1,3]',
  '[2,3]',
  '[0,3]',
  '[1,1]',
  '[20000000,0]',
  '[4294967296,4294967296]',
  '[-1,3]',
  '[]',
  '[1,3,1]',
  '[1.5,3]',
  '[1e999,3]',
  '"x"',
];

/** A request that is right in most places. */
function inferJson(r, options = {}) {
  const part = (good, odd = 0.15) => (r.chance(odd) ? value(r) : good);
  const name = r.pick(['X', 'INPUT0', 'A', 'B', '__proto__']);
  const data = r.pick([
    '[1,2,3]',
    '[[1,2,3]]',
    '[1]',
    '["a"]',
    '[true]',
    '[]',
    '[null,1,2]',
  ]);
  const parameters =
    options.size === undefined
      ? r.pick(['{}', 'null', '{"binary_data_size":4}', '{"x":1}'])
      : `{"binary_data_size":${options.size}}`;
  const content = options.size === undefined ? `"data":${part(data)},` : '';
  const input = `{"name":${part(`"${name}"`)},"shape":${part(
    r.pick(shapes),
  )},"datatype":${part(
    `"${r.pick(types)}"`,
  )},${content}"parameters":${parameters}}`;
  const inputs = Array.from(
    { length: r.pick([1, 1, 1, 0, 2, 3]) },
    () => input,
  );
  const rest = [
    r.chance(0.3) && `"id":${part('"i"')}`,
    r.chance(0.3) && `"outputs":${part('[{"name":"OUTPUT0"}]', 0.5)}`,
    r.chance(0.3) &&
      `"parameters":${part('{"binary_data_output":true,"timeout":1}', 0.5)}`,
  ].filter(Boolean);
  return `{"inputs":${part(`[${inputs.join(',')}]`, 0.05)}${rest
    .map(text => `,${text}`)
    .join('')}}`;
}

function predictJson(r) {
  const cell = () => (r.chance(0.3) ? value(r) : '1');
  const row = () =>
    r.chance(0.1)
      ? value(r)
      : `{"radius":${cell()},"texture":${cell()},"count":${cell()}${
          r.chance(0.1) ? ',"__proto__":1' : ''
        }}`;
  return r.chance(0.1)
    ? value(r)
    : `{"rows":[${Array.from({ length: r.pick([1, 1, 2, 0, 50]) }, row).join(
        ',',
      )}]}`;
}

/** Turns bits, cuts and doubles parts of bytes. */
function damage(r, bytes) {
  const copy = Buffer.from(bytes);
  if (!copy.length) return copy;
  switch (r.below(4)) {
    case 0:
      for (let time = 0; time < 1 + r.below(4); time++) {
        copy[r.below(copy.length)] ^= 1 << r.below(8);
      }
      return copy;
    case 1:
      return copy.subarray(0, r.below(copy.length));
    case 2: {
      const from = r.below(copy.length);
      return Buffer.concat([copy, copy.subarray(from)]);
    }
    default:
      copy.fill(r.below(256), r.below(copy.length));
      return copy;
  }
}

function randomBytes(r, length) {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = r.below(256);
  return bytes;
}

function head(method, path, headers) {
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers
      .map(([name, text]) => `${name}: ${text}\r\n`)
      .join('')}\r\n`,
    'latin1',
  );
}

const inferPath = r => `/v2/models/${r.pick(models)}/infer`;

/** One case: its bytes; `reuse` when it is a whole request; `cut` when the client goes before it is answered. */
export function makeCase(r) {
  const kind = r.below(10);
  if (kind === 0) {
    const method = r.pick([
      'GET',
      'POST',
      'HEAD',
      'OPTIONS',
      'DELETE',
      'PUT',
      'PATCH',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'XYZ',
      '',
    ]);
    return {
      kind: 'target',
      bytes: head(method, target(r), [['Content-Length', '0']]),
    };
  }
  if (kind === 1) {
    const odd = [
      [
        'Content-Length',
        r.pick(['-1', '1e3', '99999999999', 'x', '5, 5', '0x10', '']),
      ],
      [
        'Transfer-Encoding',
        r.pick(['chunked', 'gzip', 'chunked, chunked', 'x']),
      ],
      [
        'Content-Encoding',
        r.pick(['gzip', 'deflate', 'br', 'GZIP', 'x'.repeat(500)]),
      ],
      ['Inference-Header-Content-Length', r.pick(oddNumbers)],
      ['Expect', r.pick(['100-continue', 'x'])],
      ['Connection', r.pick(['close', 'upgrade', 'keep-alive, x'])],
      ['Upgrade', r.pick(['websocket', 'h2c'])],
      ['X-Request-Id', r.pick(['', 'x'.repeat(5000), '\u00e9\u00ff', '"'])],
      [
        'Authorization',
        r.pick(['Bearer', 'Bearer x', 'Basic ::', 'x'.repeat(7000)]),
      ],
      [r.pick(['X', '__proto__', 'a b', ':', '\u00ff']), 'v'],
    ];
    const chosen = Array.from({ length: 1 + r.below(4) }, () => r.pick(odd));
    const bytes = Buffer.concat([
      head('POST', inferPath(r), chosen),
      Buffer.from(
        r.pick([
          '',
          '{}',
          '0\r\n\r\n',
          'zz\r\n',
          '5\r\nabcde\r\n0\r\n\r\n',
          'ffffffffffff\r\n',
        ]),
      ),
    ]);
    return { kind: 'headers', bytes };
  }
  if (kind === 2) {
    const bytes = r.chance(0.5)
      ? randomBytes(r, 1 + r.below(400))
      : damage(r, head('GET', '/v2', [['Accept', '*/*']]));
    return { kind: 'no HTTP', bytes };
  }
  if (kind === 3) {
    const json = Buffer.from(
      inferJson(r, {
        size: r.pick([0, 4, 12, -1, 1.5, '1e30', '"4"', 'null']),
      }),
    );
    const blob = randomBytes(r, r.pick([0, 4, 12, 3, 100]));
    const length = r.pick([
      json.length,
      json.length,
      json.length,
      json.length - 1,
      json.length + blob.length + 1,
      0,
      -5,
    ]);
    const body = Buffer.concat([json, blob]);
    return {
      kind: 'binary',
      reuse: true,
      bytes: Buffer.concat([
        head('POST', inferPath(r), [
          ['Content-Length', body.length],
          ['Inference-Header-Content-Length', length],
        ]),
        body,
      ]),
    };
  }
  if (kind === 4) {
    const whole = Buffer.from(r.chance(0.5) ? inferJson(r) : predictJson(r));
    const pack = r.pick([gzipSync, deflateSync]);
    const bomb = r.chance(0.02) ? Buffer.alloc(40_000_000, 0x20) : whole;
    const packed = r.chance(0.5) ? pack(bomb) : damage(r, pack(whole));
    return {
      kind: 'compressed',
      bytes: Buffer.concat([
        head('POST', inferPath(r), [
          ['Content-Length', packed.length],
          ['Content-Encoding', pack === gzipSync ? 'gzip' : 'deflate'],
        ]),
        packed,
      ]),
    };
  }
  if (kind === 5) {
    const body = Buffer.from(inferJson(r));
    const declared = body.length + r.pick([1, 10, 100_000, 100_000_000]);
    return {
      kind: 'cut off',
      cut: true,
      bytes: Buffer.concat([
        head('POST', inferPath(r), [['Content-Length', declared]]),
        body,
      ]),
    };
  }
  if (kind === 6 && r.chance(0.02)) {
    const body = Buffer.alloc(
      r.pick([1_500_000, 3_000_000]),
      r.pick(['[', '[1,', ' ', '{"a":', '"']),
    );
    return {
      kind: 'large',
      reuse: false,
      bytes: Buffer.concat([
        head('POST', inferPath(r), [['Content-Length', body.length]]),
        body,
      ]),
    };
  }
  const tabular = r.chance(0.35);
  let body = Buffer.from(tabular ? predictJson(r) : inferJson(r));
  if (r.chance(0.25)) body = damage(r, body);
  const path = tabular ? '/v2/models/tumour/predict' : inferPath(r);
  return {
    kind: tabular ? 'rows' : 'JSON',
    reuse: true,
    bytes: Buffer.concat([
      head('POST', path, [['Content-Length', body.length]]),
      body,
    ]),
  };
}
