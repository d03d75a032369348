import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toOpenApi } from '@downstage/common';
import { mlServingContract } from './contract';
import { gatewayDesiredStateSchema } from './gatewayState';

const file = join(__dirname, '..', 'openapi.json');

describe('mlServingContract', () => {
  it('is what openapi.json says (UPDATE_OPENAPI=1 writes it again)', () => {
    const document = toOpenApi(
      { title: 'ml-serving', version: '1' },
      mlServingContract,
    );
    if (process.env.UPDATE_OPENAPI) {
      writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    }
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(document)),
    );
  });
});

describe('gatewayDesiredStateSchema', () => {
  const version = {
    version: 1,
    path: '/models/model.onnx',
    sha256: 'a'.repeat(64),
    features: [],
  };
  const endpoint = {
    endpoint: 'tumour',
    model: 'model:default/tumour',
    active: 1,
    versions: [version],
  };

  it('calls the one variant champion unless told otherwise', () => {
    const { endpoints } = gatewayDesiredStateSchema.parse({
      endpoints: [endpoint],
    });
    expect(endpoints[0].variant).toBe('champion');
  });

  it.each([
    ['a name with a slash', { endpoint: 'team/tumour' }],
    ['an active version that is not given', { active: 2 }],
    ['a hash that is none', { versions: [{ ...version, sha256: 'x' }] }],
  ])('refuses %s', (_, change) => {
    const state = { endpoints: [{ ...endpoint, ...change }] };
    expect(gatewayDesiredStateSchema.safeParse(state).success).toBe(false);
  });
});
