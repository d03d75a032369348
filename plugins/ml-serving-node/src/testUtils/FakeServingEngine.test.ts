import { describeServingEngine } from './describeServingEngine';
import { FakeServingEngine } from './FakeServingEngine';

const versionOf = (path: string) => (version: number) => ({
  version,
  path,
  sha256: '0'.repeat(64),
  features: [],
});

describe.each(['weighted', 'one'] as const)('variants: %s', variants => {
  describeServingEngine('FakeServingEngine', async () => ({
    engine: new FakeServingEngine({
      variants,
      canLoad: ({ path }) => path === '/good',
    }),
    goodVersion: versionOf('/good'),
    badVersion: versionOf('/bad'),
    row: { radius: 1 },
  }));
});
