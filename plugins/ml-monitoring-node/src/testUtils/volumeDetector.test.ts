import { describeDetector } from './describeDetector';
import { volumeDetector } from './volumeDetector';

const windowOf = (rows: number) => ({
  modelRef: 'model:default/churn',
  version: 1,
  rows,
});

describeDetector('volumeDetector', async () => ({
  detector: volumeDetector(),
  settings: { least: 20 },
  badSettings: { least: 'many' },
  windows: {
    quiet: windowOf(20),
    alarming: windowOf(8),
    small: windowOf(4),
    empty: windowOf(0),
  },
}));
