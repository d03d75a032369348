/**
 * What the tests of detectors share. Import from `@downstage/plugin-ml-monitoring-node/testUtils`, in tests only.
 *
 * @packageDocumentation
 */
export { describeDetector, type DetectorFixture } from './describeDetector';
export { volumeDetector } from './volumeDetector';
