import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  createMockDirectory,
  mockServices,
} from '@backstage/backend-test-utils';
import { gatewayAccessSchema } from '@downstage/plugin-ml-serving-common';
import { describeServingEngine } from '@downstage/plugin-ml-serving-node/testUtils';
import { LocalGateway } from './LocalGateway';

jest.setTimeout(60_000);

const fixtures = join(
  dirname(require.resolve('@downstage/gateway/package.json')),
  'fixtures',
);
const directory = createMockDirectory();

const versionOf = (file: string, version: number) => {
  const path = join(fixtures, file);
  return {
    version,
    path,
    sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
    features: [
      { name: 'radius', type: 'double' as const },
      { name: 'texture', type: 'double' as const },
      { name: 'count', type: 'long' as const },
    ],
  };
};

describeServingEngine('LocalGateway', async () => {
  const folder = directory.resolve(randomUUID());
  return {
    engine: new LocalGateway({
      options: {
        engine: 'gateway',
        gateway: {
          enabled: true,
          host: '127.0.0.1',
          port: 0,
          publicUrl: undefined,
          rollSeconds: 60,
          stateDir: join(folder, 'gateway'),
          access: gatewayAccessSchema.parse({}),
          public: [],
        },
        logDir: join(folder, 'predictions'),
        modelDir: join(folder, 'models'),
        pollMs: 1000,
      },
      logger: mockServices.logger.mock(),
      clock: () => new Date(),
    }),
    goodVersion: version => versionOf(`logistic-v${version}.onnx`, version),
    badVersion: version => versionOf('make-models.py', version),
    row: { radius: 14.1, texture: 2, count: 3 },
  };
});
