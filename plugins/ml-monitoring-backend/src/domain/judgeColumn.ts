import type {
  BaselineColumn,
  ColumnDrift,
  DriftStatus,
} from '@downstage/plugin-ml-monitoring-common';
import type { ColumnCounts } from '@downstage/plugin-ml-monitoring-node';
import { columnFindings } from './columnFindings';
import { describeHistogram } from './describeHistogram';
import {
  criticalStabilityIndex,
  populationStabilityIndex,
  sum,
} from './populationStabilityIndex';
import type { DriftRules } from './rules';

/**
 * Compares one column of a window with its baseline.
 *
 * @remarks
 * Drift or warning needs a PSI beyond the limit: the effect is large enough to matter. The PSI must also be beyond the
 * critical value: it is more than chance. A finding marked `warning` makes an otherwise quiet column a warning.
 */
export function judgeColumn(
  baseline: BaselineColumn,
  window: ColumnCounts,
  rules: DriftRules,
): ColumnDrift {
  const findings = columnFindings(baseline, window, rules);
  const raised = findings.some(finding => finding.severity === 'warning');
  const shared = {
    column: baseline.column,
    name: baseline.name,
    role: baseline.role,
    kind: baseline.kind,
    thresholds: { warning: rules.warning, drift: rules.drift },
    baselineRows: baseline.rows,
    findings,
  };
  if (window.state !== 'counted') {
    return {
      ...shared,
      status: 'warning',
      significant: false,
      bins: 0,
      windowRows: 0,
    };
  }
  const windowRows = sum(window.counts) + window.nulls;
  const histogram = describeHistogram(baseline, window);
  if (!windowRows || !baseline.rows) {
    return {
      ...shared,
      status: 'no_data',
      significant: false,
      bins: 0,
      windowRows,
      histogram,
    };
  }
  const { psi, bins } = populationStabilityIndex(
    [...baseline.counts, baseline.nulls],
    [...window.counts, window.nulls],
  );
  const criticalValue = criticalStabilityIndex({
    referenceRows: baseline.rows,
    currentRows: windowRows,
    bins,
    confidence: rules.confidence,
  });
  const significant = psi > criticalValue;
  return {
    ...shared,
    status: statusOf({ psi, significant, windowRows, raised, rules }),
    psi,
    criticalValue,
    significant,
    bins,
    windowRows,
    histogram,
  };
}

function statusOf(options: {
  psi: number;
  significant: boolean;
  windowRows: number;
  raised: boolean;
  rules: DriftRules;
}): DriftStatus {
  const { psi, significant, windowRows, raised, rules } = options;
  if (windowRows < rules.minRows) return 'insufficient_data';
  if (significant && psi >= rules.drift) return 'drift';
  if (significant && psi >= rules.warning) return 'warning';
  return raised ? 'warning' : 'ok';
}
