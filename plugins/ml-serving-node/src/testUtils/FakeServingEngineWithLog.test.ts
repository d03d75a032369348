import { describeServingEngine } from './describeServingEngine';
import { FakeServingEngineWithLog } from './FakeServingEngineWithLog';

const versionOf = (path: string) => (version: number) => ({
  version,
  path,
  sha256: '0'.repeat(64),
  features: [],
});

describeServingEngine('FakeServingEngineWithLog', async () => ({
  engine: new FakeServingEngineWithLog({
    canLoad: ({ path }) => path === '/good',
    baseUrl: () => 'http://bucket.example',
    writeParquet: async rows => Buffer.from(JSON.stringify(rows)),
  }),
  goodVersion: versionOf('/good'),
  badVersion: versionOf('/bad'),
  row: { radius: 1 },
}));
