import type { RootConfigService } from '@backstage/backend-plugin-api';
import { readDurationFromConfig } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { durationToMilliseconds } from '@backstage/types';
import { defaultRules, type DriftRules } from './domain/rules';

export type MonitoringOptions = {
  rules: DriftRules;
  everyMs: number;
  atLeastEveryMs: number;
  keep: number;
  /** Labels that were received longer ago are removed. */
  labelDays: number;
};

/** A hundred years. */
const MOST_DAYS = 36_500;

/** The section `mlMonitoring` of the configuration, with its defaults. */
export function readMlMonitoringConfig(
  root: RootConfigService,
): MonitoringOptions {
  const window = root.getOptionalConfig('mlMonitoring.window');
  const thresholds = root.getOptionalConfig('mlMonitoring.thresholds');
  const duration = (key: string, otherwise: number) =>
    window?.has(key)
      ? durationToMilliseconds(readDurationFromConfig(window, { key }))
      : otherwise;
  const rules = {
    ...defaultRules,
    minRows: window?.getOptionalNumber('minRows') ?? defaultRules.minRows,
    warning: thresholds?.getOptionalNumber('warning') ?? defaultRules.warning,
    drift: thresholds?.getOptionalNumber('drift') ?? defaultRules.drift,
  };
  if (rules.minRows < 1) {
    throw new InputError(
      `mlMonitoring.window.minRows is ${rules.minRows}; it must be at least 1`,
    );
  }
  if (!(rules.warning > 0 && rules.warning <= rules.drift)) {
    throw new InputError(
      `mlMonitoring.thresholds are ${rules.warning} and ${rules.drift}; expected 0 < warning <= drift`,
    );
  }
  const labelDays =
    root.getOptionalNumber('mlMonitoring.labels.retentionDays') ?? 400;
  if (!(labelDays >= 1 && labelDays <= MOST_DAYS)) {
    throw new InputError(
      `mlMonitoring.labels.retentionDays is ${labelDays}; it must be from 1 to ${MOST_DAYS}`,
    );
  }
  return {
    rules,
    everyMs: duration('every', 60_000),
    atLeastEveryMs: duration('atLeastEvery', 3_600_000),
    keep: window?.getOptionalNumber('keep') ?? 1000,
    labelDays,
  };
}
