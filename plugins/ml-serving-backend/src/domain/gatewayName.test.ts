import { gatewayModelNameSchema } from '@downstage/plugin-ml-serving-common';
import { gatewayName } from './gatewayName';

it.each([
  ['default', 'tumour'],
  ['team-a', '__team-a__tumour'],
])(
  'an endpoint of namespace %s is called %s in the gateway',
  (namespace, name) => {
    expect(gatewayName({ namespace, name: 'tumour' })).toBe(name);
    expect(gatewayModelNameSchema.parse(name)).toBe(name);
  },
);

it('no model of default takes the place of one in a namespace', () => {
  const name = gatewayName({ namespace: 'credit', name: 'fraud' });
  // A model of default may be called credit.fraud, and the gateway takes no name of default that begins so.
  expect(name).not.toBe(
    gatewayName({ namespace: 'default', name: 'credit.fraud' }),
  );
  expect(gatewayModelNameSchema.safeParse('__x').success).toBe(false);
  expect(gatewayModelNameSchema.safeParse('__a/b__x').success).toBe(false);
});
