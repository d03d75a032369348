import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '../startGateway';
import {
  aChampion,
  aGatewayFolder,
  aState,
  aVersion,
  clientOf,
} from '../testUtils/gatewayFixture';
import { StateFile } from './StateFile';

jest.setTimeout(60_000);

it('loads a file that a gateway of before variants left (W10)', () => {
  const folder = aGatewayFolder();
  const path = join(folder.config.stateDir, 'state.json');
  const versions = [aVersion(1), aVersion(2)];
  const endpoint = {
    endpoint: 'tumour',
    ref: 'default/tumour',
    model: 'model:default/tumour',
  };
  writeFileSync(
    path,
    JSON.stringify({
      desired: {
        endpoints: [{ ...endpoint, variant: 'champion', active: 2, versions }],
      },
      serving: { tumour: 1 },
    }),
  );
  const file = new StateFile(path);
  expect(file.problem).toBeUndefined();
  expect(file.state).toEqual({
    desired: {
      endpoints: [{ ...endpoint, variants: [aChampion(2)], versions }],
    },
    serving: { tumour: 1 },
  });
  folder.remove();
});

describe('a broken state file', () => {
  it('is set aside, and the gateway starts without a desired state', async () => {
    const folder = aGatewayFolder();
    const path = join(folder.config.stateDir, 'state.json');
    writeFileSync(path, '{"desired": {"endpoints": [');
    const said: string[] = [];
    const gateway = await startGateway(folder.config, {
      say: (_, message) => said.push(message),
    });
    const client = clientOf(gateway.url, folder.token);
    expect((await client.status()).endpoints).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/was set aside as .*broken-/)]);
    await client.put(aState(1, [aVersion(1)]));
    await client.untilActive(1);
    expect(
      readdirSync(folder.config.stateDir).filter(name =>
        name.startsWith('state.json.broken-'),
      ),
    ).toHaveLength(1);
    await gateway.stop();
    folder.remove();
  });

  it('does not keep a switch from happening when it cannot be written', async () => {
    const folder = aGatewayFolder();
    const gateway = await startGateway(folder.config);
    const client = clientOf(gateway.url, folder.token);
    await client.put(aState(1, [aVersion(1)]));
    rmSync(folder.config.stateDir, { recursive: true });
    writeFileSync(folder.config.stateDir, 'a file where the folder was');
    await client.untilActive(1);
    expect((await client.predict()).status).toBe(200);
    await gateway.stop();
    folder.remove();
  });
});
