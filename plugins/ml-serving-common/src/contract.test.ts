import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toOpenApi } from '@downstage/common';
import { mlServingContract } from './contract';
import { gatewayDesiredStateSchema, leadingVariant } from './gatewayState';

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

  const champion = {
    name: 'champion',
    version: 1,
    weight: 100,
    mode: 'live',
  };

  it.each([
    ['named', { variant: 'blue' }, 'blue'],
    ['not named', {}, 'champion'],
  ])(
    'makes one variant of the version that answered before there were variants, %s',
    (_, change, name) => {
      const { endpoints } = gatewayDesiredStateSchema.parse({
        endpoints: [{ ...endpoint, ...change }],
      });
      expect(endpoints).toEqual([
        {
          endpoint: 'tumour',
          model: 'model:default/tumour',
          variants: [{ ...champion, name }],
          versions: [version],
        },
      ]);
    },
  );

  it('goes by the variants where the version for gateways of before stands beside them', () => {
    const { endpoints } = gatewayDesiredStateSchema.parse({
      endpoints: [
        {
          ...endpoint,
          active: 9,
          variants: [
            { ...champion, weight: 40 },
            { ...champion, name: 'challenger', weight: 60 },
          ],
        },
      ],
    });
    expect(leadingVariant(endpoints[0].variants)?.name).toBe('challenger');
  });

  it.each([
    ['a name with a slash', { endpoint: 'team/tumour' }],
    ['an active version that is not given', { active: 2 }],
    [
      'a variant of a version that is not given',
      { variants: [{ ...champion, version: 2 }] },
    ],
    ['two variants of one name', { variants: [champion, champion] }],
    ['only a shadow', { variants: [{ ...champion, mode: 'shadow' }] }],
    ['no share for anybody', { variants: [{ ...champion, weight: 0 }] }],
    ['no variant', { variants: [] }],
    ['a hash that is none', { versions: [{ ...version, sha256: 'x' }] }],
  ])('refuses %s', (_, change) => {
    const state = { endpoints: [{ ...endpoint, ...change }] };
    expect(gatewayDesiredStateSchema.safeParse(state).success).toBe(false);
  });
});
