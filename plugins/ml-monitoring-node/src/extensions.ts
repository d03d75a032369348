import { createExtensionPoint } from '@backstage/backend-plugin-api';
import type { Detector } from './detector';

/** Where detectors are installed, beside those that `ml-monitoring` brings. */
export interface MlMonitoringDetectorsExtensionPoint {
  /** @throws Error when there is one of this kind, or the kind is no word of lower case letters */
  addDetector(detector: Detector): void;
}

/**
 * A monitor names the kind of its detector. Each model that is served has a monitor of the kind `drift`; others are
 * set up by people.
 *
 * @example
 * ```ts
 * env.registerInit({
 *   deps: { detectors: mlMonitoringDetectorsExtensionPoint },
 *   async init({ detectors }) { detectors.addDetector(volumeDetector); },
 * });
 * ```
 */
export const mlMonitoringDetectorsExtensionPoint =
  createExtensionPoint<MlMonitoringDetectorsExtensionPoint>({
    id: 'ml-monitoring.detectors',
  });
