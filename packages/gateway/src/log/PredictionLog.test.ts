import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
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
  const row = (id: string, at = now) => ({
    request_id: id,
    at: at.toISOString(),
    endpoint: 'tumour',
    model: 'model:default/tumour',
    version: 1,
    variant: 'champion',
    latency_ms: 1.5,
    'feature.radius': 17.9,
    'prediction.label': 1,
  });
  const aLog = (queueLimit?: number) => {
    let id = 0;
    return new PredictionLog({
      logDir: folder.logDir,
      clock: () => now,
      newId: () => `id${id++}`,
      queueLimit,
    });
  };

  describe('of a gateway', () => {
    let gateway: Gateway;
    afterEach(() => gateway.stop());

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
      expect((await client.roll()).status).toBe(200);

      const types = await query(
        `DESCRIBE SELECT * FROM read_parquet('${glob()}', hive_partitioning = false)`,
      );
      expect(
        types.map(({ column_name, column_type }) => [column_name, column_type]),
      ).toEqual([
        ['request_id', 'VARCHAR'],
        ['at', 'TIMESTAMP'],
        ['endpoint', 'VARCHAR'],
        ['model', 'VARCHAR'],
        ['version', 'INTEGER'],
        ['variant', 'VARCHAR'],
        ['latency_ms', 'DOUBLE'],
        ['feature.radius', 'DOUBLE'],
        ['feature.texture', 'DOUBLE'],
        ['feature.count', 'BIGINT'],
        ['prediction.label', 'BIGINT'],
        ['prediction.probabilities_0', 'DOUBLE'],
        ['prediction.probabilities_1', 'DOUBLE'],
      ]);
      const rows = await query(
        `SELECT * FROM read_parquet('${glob()}') ORDER BY request_id, "feature.texture"`,
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
    crashed.offer(segment, [
      row('a'),
      row('b', new Date('2026-03-05T00:00:00Z')),
    ]);
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
    const log = aLog(2);
    log.offer(segment, [row('a'), row('b')]);
    log.offer(segment, [row('c'), row('d'), row('e')]);
    expect(log.counters('tumour')).toMatchObject({ logged: 2, dropped: 3 });
    await log.flush();
    log.offer(segment, [row('f')]);
    expect(log.counters('tumour')).toMatchObject({ logged: 3, dropped: 3 });
  });

  it('keeps rows while the disk refuses, and writes them when it takes them again', async () => {
    writeFileSync(folder.logDir, 'a file where the folder should be');
    const log = aLog();
    log.offer(segment, [row('a')]);
    await log.flush();
    expect(log.counters('tumour').message).toMatch(/Could not write/);
    rmSync(folder.logDir);
    await log.roll();
    expect(
      await query(`SELECT request_id FROM read_parquet('${glob()}')`),
    ).toEqual([{ request_id: 'a' }]);
  });
});
