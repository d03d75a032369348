import type { DriftStatus } from '@downstage/plugin-ml-monitoring-common';

/** Statuses of windows that were judged: the others say why there is no verdict. */
export const verdicts: readonly DriftStatus[] = ['ok', 'warning', 'drift'];

export function hasVerdict(status: DriftStatus): boolean {
  return verdicts.includes(status);
}
