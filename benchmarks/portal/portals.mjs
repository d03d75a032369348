// The portals that are measured: ours as `npm start` runs it, and one without our plugins, each on databases of its own.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../scripts/postgres.mjs';
import { root } from '../../scripts/shell.mjs';
import { startProcess } from '../registry/servers.mjs';

const entries = {
  ours: join(root, 'benchmarks/portal/company.ts'),
  stock: join(root, 'benchmarks/portal/stock.ts'),
};

/** Starts one; the databases are made when they are not there. */
export async function startPortal({ node, kind, postgres, folder }) {
  const port = await freePort();
  const data = join(folder, kind);
  await mkdir(data, { recursive: true });
  const config = join(data, 'app-config.json');
  await writeFile(
    config,
    JSON.stringify({
      app: { baseUrl: `http://127.0.0.1:${port}` },
      backend: {
        baseUrl: `http://127.0.0.1:${port}`,
        listen: { port, host: '127.0.0.1' },
        // What app-config.yaml names here comes with our plugins.
        ...(kind === 'stock' && { auth: { externalAccess: [] } }),
        database: {
          client: 'pg',
          prefix: `${kind}_`,
          connection: {
            host: '127.0.0.1',
            port: postgres.port,
            user: 'postgres',
            directory: null,
          },
        },
      },
      // Entities are looked at again within an hour, not three times a minute: twenty thousand of them are here.
      catalog: { processingInterval: { hours: 1 } },
      // The stock index of the catalog's search is made anew every ten minutes: for forty seconds it is all that goes on.
      search: {
        collators: {
          catalog: {
            schedule: {
              frequency: { hours: 1 },
              initialDelay: { hours: 1 },
              timeout: { minutes: 15 },
            },
          },
        },
      },
      ...(kind === 'stock' && { permission: { enabled: false } }),
      // A process of its own, measured by benchmarks/gateway.
      mlServing: { gateway: { enabled: false, port: await freePort() } },
    }),
  );
  const server = await startProcess({
    command: node,
    args: [
      '--require',
      join(root, 'node_modules/@backstage/cli/config/nodeTransform.cjs'),
      entries[kind],
      ...['--config', join(root, 'app-config.yaml'), '--config', config],
    ],
    cwd: join(root, 'packages/backend'),
    env: {
      NODE_ENV: 'development',
      DOWNSTAGE_DATA_DIR: data,
      DOWNSTAGE_PORT: String(port),
    },
    log: join(data, 'portal.log'),
    ready: `http://127.0.0.1:${port}/.backstage/health/v1/readiness`,
  });
  return { ...server, url: `http://127.0.0.1:${port}` };
}

/** The token of one of the example people, who are read from a file a moment after the start. */
export async function tokenOf(url, person) {
  for (;;) {
    const answer = await fetch(`${url}/api/auth/example/refresh`, {
      headers: { 'x-example-person': person },
    }).catch(() => undefined);
    if (answer?.ok) return (await answer.json()).backstageIdentity.token;
    await pause(500);
  }
}
