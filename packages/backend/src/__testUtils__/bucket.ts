import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggedPrediction } from '@downstage/plugin-ml-serving-node/testUtils';
import { DuckDBInstance } from '@duckdb/node-api';

/** A server beside the portal, such as a bucket: it answers what `contentOf` has under an address. */
export async function startBucket(
  contentOf: (url: string) => Uint8Array | undefined,
) {
  const asked: { url: string; headers: IncomingHttpHeaders }[] = [];
  let baseUrl = '';
  const server = createServer((incoming, response) => {
    const url = `${baseUrl}${incoming.url}`;
    asked.push({ url, headers: incoming.headers });
    const content = contentOf(url);
    response.writeHead(content ? 200 : 404).end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl,
    /** What was asked for, the oldest first. */
    asked,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Predictions as a Parquet file. */
export async function parquetOf(rows: LoggedPrediction[]): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'downstage-bucket-'));
  const file = join(folder, 'rows.parquet');
  const literal = (value: unknown) =>
    value === null || value === undefined
      ? 'NULL'
      : `'${String(value).replaceAll("'", "''")}'`;
  const columns = Object.keys(rows[0]).map(name => {
    const values = rows.map(row => literal(row[name])).join(', ');
    return `unnest([${values}]::${typeOf(name, rows[0][name])}[]) AS "${name}"`;
  });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (SELECT ${columns.join(', ')}) TO '${file}' (FORMAT parquet)`,
    );
    return await readFile(file);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true });
  }
}

function typeOf(name: string, value: unknown): string {
  if (name === 'at') return 'TIMESTAMP';
  if (name === 'version') return 'INTEGER';
  return typeof value === 'number' ? 'DOUBLE' : 'VARCHAR';
}
