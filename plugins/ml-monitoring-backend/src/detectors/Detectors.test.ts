import { volumeDetector } from '@downstage/plugin-ml-monitoring-node/testUtils';
import { Detectors } from './Detectors';

describe('Detectors', () => {
  it('keeps one detector of a kind', () => {
    const detectors = new Detectors([volumeDetector()]);
    expect(() => detectors.add(volumeDetector())).toThrow(
      "Two detectors have the kind 'volume'",
    );
    expect(detectors.kinds).toEqual(['volume']);
  });

  it.each(['all', 'Volume', '', 'a/b'])(
    "refuses the kind '%s', which addresses and lists could not name",
    kind => {
      expect(() => new Detectors([volumeDetector({ kind })])).toThrow(
        'no kind of a detector',
      );
    },
  );
});
