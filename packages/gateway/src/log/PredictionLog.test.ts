import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  anEndpoint,
  aRow,
  aState,
  aVersion,
  clientOf,
} from '../testUtils/gatewayFixture';
import { PredictionLog } from './PredictionLog';

jest.setTimeout(60_000);

const now = new Date('2026-03-04T05:06:07.890Z');

async function query(sql: string) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(sql);
  const rows = reader.getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

describe('the prediction log', () => {
  let folder: ReturnType<typeof aGatewayFolder>;
  beforeEach(() => {
    folder = aGatewayFolder();
  });
  afterEach(() => folder.remove());

  const glob = () => join(folder.logDir, 'tumour', 'v*', 'date=*', '*.parquet');
  const segment = {
    endpoint: 'tumour',
    version: 1,
    features: [{ name: 'radius', type: 'double' as const }],
    predictions: [{ name: 'label', type: 'long' as const }],
  };
  const request = (id: string, options: { at?: Date; rows?: number } = {}) => {
    const { at = now, rows = 1 } = options;
    const radius = Buffer.from(new Float64Array(rows).fill(17.9).buffer);
    const label = Buffer.from(new BigInt64Array(rows).fill(1n).buffer);
    return {
      endpoint: {
        endpoint: 'tumour',
        model: 'model:default/tumour',
        variant: 'champion',
      },
      version: segment,
      predictions: segment.predictions,
      predictionId: `p-${id}`,
      requestId: id,
      at,
      latencyMs: 1.5,
      rows,
      parts: [
        {
          role: 'feature' as const,
          name: 'radius',
          type: 'float64' as const,
          width: 1,
          bytes: radius.length,
        },
        {
          role: 'prediction' as const,
          name: 'label',
          type: 'int64' as const,
          width: 1,
          bytes: label.length,
        },
      ],
      payload: Buffer.concat([radius, label]),
    };
  };
  const logs: PredictionLog[] = [];
  const aLog = (
    options: Partial<ConstructorParameters<typeof PredictionLog>[0]> = {},
  ) => {
    let id = 0;
    const log = new PredictionLog({
      logDir: folder.logDir,
      clock: () => now,
      newId: () => `id${id++}`,
      ...options,
    });
    logs.push(log);
    return log;
  };
  afterEach(() => Promise.all(logs.splice(0).map(log => log.stop())));

  describe('of a gateway', () => {
    let gateway: Gateway;
    afterEach(() => gateway.stop());

    it('holds no row and no file of an endpoint of which nothing is to be logged', async () => {
      gateway = await startGateway({
        ...folder.config,
        logSamplingByEndpoint: { tumour: 0 },
      });
      const client = clientOf(gateway.url, folder.token);
      const [{ versions }] = aState(1, [aVersion(1)]).endpoints;
      await client.put({
        endpoints: ['tumour', 'logged'].map(name => anEndpoint(name, versions)),
      });
      await client.until(status =>
        status.endpoints.every(({ active }) => active === 1),
      );
      for (const name of ['tumour', 'logged']) {
        const path = `/v2/models/${name}/predict`;
        expect((await client.post(path, { rows: [aRow] })).status).toBe(200);
      }
      await client.roll();
      // The other one's row is there, so this one's would be too.
      expect(readdirSync(folder.logDir)).toEqual(['logged']);
      const { body } = await client.stats();
      expect(
        body.endpoints.map(
          ({ log }: { log: { logged: number } }) => log.logged,
        ),
      ).toEqual([0, 1]);
    });

    it('becomes typed Parquet, from rows and from tensors alike', async () => {
      gateway = await startGateway(folder.config, { clock: () => now });
      const client = clientOf(gateway.url, folder.token);
      await client.put(aState(1, [aVersion(1)]));
      await client.untilActive(1);
      await client.post(
        '/v2/models/tumour/predict',
        { rows: [aRow, { ...aRow, texture: null }] },
        { 'x-request-id': 'one' },
      );
      await client.post('/v2/models/tumour/infer', {
        id: 'two',
        inputs: [
          { name: 'X', shape: [1, 3], datatype: 'FP32', data: [1, 2.5, 3] },
        ],
        outputs: [{ name: 'label' }],
      });
      const batch = await client.post('/v2/models/tumour/infer', {
        id: 'three',
        inputs: [
          {
            name: 'X',
            shape: [2, 3],
            datatype: 'FP32',
            data: [4, 2.5, 3, 5, 2.5, 3],
          },
        ],
      });
      expect((await client.roll()).status).toBe(200);
      const ids = await query(
        `SELECT prediction_id, "feature.radius" AS radius FROM read_parquet('${glob()}') WHERE request_id = 'three' ORDER BY radius`,
      );
      const answered = batch.headers.get('x-prediction-id');
      expect(answered).toMatch(/^[0-9a-f-]{36}$/);
      expect(ids).toEqual([
        { prediction_id: `${answered}/0`, radius: 4 },
        { prediction_id: `${answered}/1`, radius: 5 },
      ]);

      const types = await query(
        `DESCRIBE SELECT * FROM read_parquet('${glob()}', hive_partitioning = false)`,
      );
      expect(
        types.map(({ column_name, column_type }) => [column_name, column_type]),
      ).toEqual([
        ['prediction_id', 'VARCHAR'],
        ['request_id', 'VARCHAR'],
        ['row', 'INTEGER'],
        ['at', 'TIMESTAMP'],
        ['endpoint', 'VARCHAR'],
        ['model', 'VARCHAR'],
        ['version', 'INTEGER'],
        ['variant', 'VARCHAR'],
        ['caller', 'VARCHAR'],
        ['token', 'VARCHAR'],
        ['latency_ms', 'DOUBLE'],
        ['feature.radius', 'DOUBLE'],
        ['feature.texture', 'DOUBLE'],
        ['feature.count', 'BIGINT'],
        ['prediction.label', 'BIGINT'],
        ['prediction.probabilities_0', 'DOUBLE'],
        ['prediction.probabilities_1', 'DOUBLE'],
      ]);
      const rows = await query(
        `SELECT * FROM read_parquet('${glob()}') WHERE request_id <> 'three' ORDER BY request_id, "feature.texture"`,
      );
      expect(rows).toMatchObject([
        {
          request_id: 'one',
          at: '2026-03-04 05:06:07.89',
          version: 1,
          variant: 'champion',
          'feature.texture': 2.5,
          'feature.count': '3',
          'prediction.label': '1',
        },
        {
          request_id: 'one',
          'feature.texture': null,
          'prediction.probabilities_0': null,
        },
        {
          request_id: 'two',
          'feature.radius': 1,
          'prediction.label': '1',
          'prediction.probabilities_0': null,
        },
      ]);
      expect(readdirSync(join(folder.logDir, 'tumour', 'v1'))).toEqual([
        'date=2026-03-04',
      ]);
      expect(readdirSync(join(folder.logDir, 'tumour', 'open'))).toEqual([]);
    });
  });

  it('is rolled at the next start after a crash, without a torn last line, and not twice', async () => {
    const crashed = aLog();
    crashed.offer(request('a'));
    crashed.offer(request('b', { at: new Date('2026-03-05T00:00:00Z') }));
    await crashed.flush();
    const open = join(folder.logDir, 'tumour', 'open');
    const [file] = readdirSync(open).filter(name => name.endsWith('.ndjson'));
    writeFileSync(join(open, file), '{"request_id": "torn', { flag: 'a' });

    const next = aLog();
    await next.roll();
    await next.roll();
    expect(
      await query(
        `SELECT request_id FROM read_parquet('${glob()}') ORDER BY 1`,
      ),
    ).toEqual([{ request_id: 'a' }, { request_id: 'b' }]);
    expect(readdirSync(join(folder.logDir, 'tumour', 'v1')).sort()).toEqual([
      'date=2026-03-04',
      'date=2026-03-05',
    ]);
  });

  it('drops what the queue does not hold, and counts it', async () => {
    const log = aLog({ queueRows: 2, queueBytes: 1000 });
    log.offer(request('a', { rows: 2 }));
    log.offer(request('b', { rows: 3 }));
    expect(log.counters('tumour')).toMatchObject({ logged: 2, dropped: 3 });
    await log.flush();
    log.offer(request('c'));
    expect(log.counters('tumour')).toMatchObject({ logged: 3, dropped: 3 });
    const small = aLog({ queueBytes: 16 });
    small.offer(request('d', { rows: 2 }));
    expect(small.counters('tumour')).toMatchObject({ logged: 0, dropped: 2 });
  });

  it('keeps requests while the disk refuses, and writes them when it takes them again', async () => {
    writeFileSync(folder.logDir, 'a file where the folder should be');
    const log = aLog();
    log.offer(request('a'));
    await log.flush();
    expect(log.counters('tumour').message).toMatch(/Could not write/);
    rmSync(folder.logDir);
    await log.roll();
    expect(
      await query(`SELECT request_id FROM read_parquet('${glob()}')`),
    ).toEqual([{ request_id: 'a' }]);
  });

  it('writes each row once after a write that failed half-way', async () => {
    const log = aLog();
    log.offer(request('a'));
    await log.flush();
    const open = join(folder.logDir, 'tumour', 'open');
    const [file] = readdirSync(open).filter(name => name.endsWith('.ndjson'));
    // What a full disk leaves of a line whose writing failed.
    writeFileSync(
      join(open, file),
      '{"rows":1,"prediction_id":"p-b","at":"20',
      {
        flag: 'a',
      },
    );
    log.offer(request('b'));
    await log.flush();
    await log.roll();
    expect(
      await query(
        `SELECT request_id FROM read_parquet('${glob()}') ORDER BY request_id`,
      ),
    ).toEqual([{ request_id: 'a' }, { request_id: 'b' }]);
  });

  it('writes each row once after a write that failed between two pieces', async () => {
    const handle = await openFile(__filename);
    const files = Object.getPrototypeOf(handle);
    await handle.close();
    const { write } = files;
    const full = jest
      .spyOn(files, 'write')
      .mockImplementationOnce(write)
      .mockRejectedValueOnce(new Error('ENOSPC'));
    const log = aLog();
    // Larger than a piece, so that each line is one.
    const payload = Buffer.alloc(300_000);
    for (const name of ['a', 'b']) log.offer({ ...request(name), payload });
    await log.flush();
    expect(full).toHaveBeenCalledTimes(2);
    expect(log.counters('tumour').message).toMatch(/ENOSPC/);
    full.mockRestore();

    log.offer(request('c'));
    await log.flush();
    const open = join(folder.logDir, 'tumour', 'open');
    const [file] = readdirSync(open).filter(name => name.endsWith('.ndjson'));
    const text = readFileSync(join(open, file), 'utf8');
    expect(text.match(/"request_id":"\w+"/g)).toEqual(
      ['a', 'b', 'c'].map(name => `"request_id":"${name}"`),
    );
  });

  it('writes lines larger than what is written at a time, in any script', async () => {
    const log = aLog();
    const payload = Buffer.alloc(3 * 1024 * 1024, 'payload');
    const names = ['a', 'größe "1"', 'c'];
    for (const name of names) {
      const caller = { actor: 'user:default/zoë\n' };
      log.offer({ ...request(name), payload, caller });
    }
    await log.flush();
    const open = join(folder.logDir, 'tumour', 'open');
    const [file] = readdirSync(open).filter(name => name.endsWith('.ndjson'));
    const lines = readFileSync(join(open, file), 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.every(line => line.startsWith('{"rows":1,'))).toBe(true);
    const found = lines.map(line => JSON.parse(line));
    expect(found.map(line => [line.request_id, line.caller])).toEqual(
      names.map(name => [name, 'user:default/zoë\n']),
    );
    for (const { data } of found) {
      expect(Buffer.from(data, 'base64').equals(payload)).toBe(true);
    }
  });

  it('gives each row an id of its own', async () => {
    const log = aLog();
    log.offer(request('a', { rows: 2 }));
    await log.roll();
    expect(
      await query(
        `SELECT prediction_id, "row", request_id FROM read_parquet('${glob()}') ORDER BY "row"`,
      ),
    ).toEqual([
      { prediction_id: 'p-a/0', row: 0, request_id: 'a' },
      { prediction_id: 'p-a/1', row: 1, request_id: 'a' },
    ]);
  });

  it('rolls what a gateway before this one left, one line a row', async () => {
    const open = join(folder.logDir, 'tumour', 'open');
    mkdirSync(open, { recursive: true });
    writeFileSync(join(open, 'v1-old.columns.json'), JSON.stringify(segment));
    writeFileSync(
      join(open, 'v1-old.ndjson'),
      `${JSON.stringify({
        request_id: 'old',
        at: now.toISOString(),
        endpoint: 'tumour',
        model: 'model:default/tumour',
        version: 1,
        variant: 'champion',
        latency_ms: 1.5,
        'feature.radius': 17.9,
        'prediction.label': 1,
      })}\n`,
    );
    await aLog().roll();
    expect(
      await query(
        `SELECT * FROM read_parquet('${glob()}', hive_partitioning = false)`,
      ),
    ).toEqual([
      {
        caller: null,
        token: null,
        prediction_id: null,
        request_id: 'old',
        row: null,
        at: '2026-03-04 05:06:07.89',
        endpoint: 'tumour',
        model: 'model:default/tumour',
        version: 1,
        variant: 'champion',
        latency_ms: 1.5,
        'feature.radius': 17.9,
        'prediction.label': '1',
      },
    ]);
  });

  it('logs the part of the requests that is asked for', () => {
    const numbers = [0.05, 0.5];
    const log = aLog({
      sampling: endpoint => (endpoint === 'private' ? 0 : 0.1),
      random: () => numbers.shift() ?? 1,
    });
    expect(log.wants('tumour')).toBe(true);
    expect(log.wants('tumour')).toBe(false);
    expect(log.wants('private')).toBe(false);
  });

  it('removes days that are older than configured, and no others', async () => {
    const log = aLog({ retentionDays: 30 });
    log.offer(request('new', { at: new Date('2026-02-20T00:00:00Z') }));
    log.offer(request('old', { at: new Date('2026-01-20T00:00:00Z') }));
    await log.roll();
    expect(readdirSync(join(folder.logDir, 'tumour', 'v1'))).toEqual([
      'date=2026-02-20',
    ]);
  });
});
