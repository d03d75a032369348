/* eslint-disable no-restricted-syntax -- __dirname: this is no Backstage backend */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startGateway } from '../startGateway';
import {
  aGatewayFolder,
  clientOf,
  theKitModels,
} from '../testUtils/gatewayFixture';

jest.setTimeout(180_000);

type Result = { name: string; outcome: string; problem?: string };

/** What the kit says of a server. */
async function ask(url: string, reportDir: string) {
  const report = join(reportDir, 'report.json');
  const kit = spawn(
    process.execPath,
    [
      join(__dirname, '../../conformance/run.mjs'),
      ...['--url', url, '--json', report],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [code] = await once(kit, 'exit');
  const results: Result[] = JSON.parse(readFileSync(report, 'utf8'));
  return { code, results };
}

describe('the conformance kit', () => {
  it('finds nothing that this gateway does otherwise', async () => {
    const folder = aGatewayFolder();
    const gateway = await startGateway(folder.config);
    const client = clientOf(gateway.url, folder.token);
    const desired = theKitModels();
    await client.put(desired);
    await client.until(({ endpoints }) =>
      endpoints.every(({ active }) => active === 1),
    );
    const { code, results } = await ask(gateway.url, folder.config.stateDir);
    expect(results.filter(({ problem }) => problem)).toEqual([]);
    expect(code).toBe(0);
    // None is left out: all models are served, all extensions announced.
    expect(results.filter(({ outcome }) => outcome !== 'held')).toEqual([]);
    expect(results.length).toBeGreaterThan(200);
    await gateway.stop();
    folder.remove();
  });

  it('tells what a strange server does from its own faults, and what comes after its end', async () => {
    const folder = aGatewayFolder();
    // One model, no announced extension, and nothing that the kit could read without care.
    const strange: Record<string, string> = {
      '/v2': '{"name": "strange", "extensions": 7}',
      '/v2/models/identity_fp32': '{"versions": 1, "inputs": {}}',
      '/v2/models/identity_fp32/infer': '{"outputs": [null]}',
      '/v2/models/identity_fp32/versions/1/infer': '[1]',
    };
    const server = createServer((request, response) => {
      const { method, url = '' } = request;
      if (method === 'HEAD') request.socket.destroy();
      else if (url === '/v2/models/no_such_model') {
        server.close();
        server.closeAllConnections();
      } else {
        response.statusCode = url in strange ? 200 : 404;
        response.end(strange[url] ?? 'none');
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, results } = await ask(
      `http://127.0.0.1:${port}`,
      folder.config.stateDir,
    );
    expect(code).toBe(1);
    const named = (outcome: string) =>
      results.filter(result => result.outcome === outcome);
    expect(named('kit')).toEqual([]);
    expect(named('no-answer').map(({ name }) => name)).toEqual([
      'HEAD health/live is 200',
      'HEAD health/ready is 200',
      'GET /v2/models/no_such_model is 404',
    ]);
    expect(named('differs').length).toBeGreaterThan(40);
    const reasons = new Set(named('left-out').map(({ problem }) => problem));
    expect(reasons).toContain('identity_bool is not served');
    expect(reasons).toContain('binary_tensor_data is not announced');
    const last = results.at(-1);
    expect(last?.problem).toBe(
      'the server ended at: GET /v2/models/no_such_model is 404',
    );
    folder.remove();
  });
});
