/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '../startGateway';
import {
  aGatewayFolder,
  clientOf,
  theKitModels,
} from '../testUtils/gatewayFixture';

jest.setTimeout(180_000);

describe('the conformance kit', () => {
  it('finds nothing that this gateway does otherwise', async () => {
    const folder = aGatewayFolder();
    const gateway = await startGateway(folder.config);
    const client = clientOf(gateway.url, folder.token);
    const wish = theKitModels();
    await client.put(wish);
    await client.until(({ endpoints }) =>
      endpoints.every(({ active }) => active === 1),
    );
    const report = join(folder.config.stateDir, 'report.json');
    const kit = spawn(
      process.execPath,
      [
        join(__dirname, '../../conformance/run.mjs'),
        ...['--url', gateway.url, '--json', report],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [code] = await once(kit, 'exit');
    const results: { name: string; problem?: string }[] = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    expect(results.filter(({ problem }) => problem)).toEqual([]);
    expect(code).toBe(0);
    expect(results.length).toBeGreaterThan(200);
    await gateway.stop();
    folder.remove();
  });
});
