import type {
  ColumnDrift,
  Signal,
} from '@downstage/plugin-ml-monitoring-common';
import {
  createDetector,
  type Detector,
} from '@downstage/plugin-ml-monitoring-node';
import { z } from 'zod';
import { judgeColumn } from '../domain/judgeColumn';
import { judgeWindow } from '../domain/judgeWindow';
import { EPSILON } from '../domain/populationStabilityIndex';
import type { DriftRules } from '../domain/rules';

/** The kind that every served model has a monitor of. */
export const DRIFT = 'drift';

/** Compares the columns of a window with the baseline. The configuration says what a monitor does not set. */
export function driftDetector(rules: DriftRules): Detector {
  const { minRows, warning, drift } = rules;
  return createDetector({
    kind: DRIFT,
    title: 'Drift',
    needs: { baseline: true, columns: [], labels: false },
    settings: z
      .strictObject({
        /** Predictions a window needs for a verdict. */
        minRows: z.number().int().min(1).max(10_000_000).default(minRows),
        /** Population stability index of a warning. */
        warning: z.number().positive().max(100).default(warning),
        /** Population stability index of drift. */
        drift: z.number().positive().max(100).default(drift),
      })
      .refine(
        settings => settings.warning <= settings.drift,
        'Expected warning <= drift',
      ),
    limits: settings => settings,
    async evaluate(window, { settings }) {
      const ruled = { ...rules, ...settings };
      const { baseline, counts = [], rows } = window;
      const columns = counts.flatMap((counted, index) => {
        const column = baseline?.columns[index];
        return column ? [judgeColumn(column, counted, ruled)] : [];
      });
      const { status, message, driftedColumns, maxColumn } = judgeWindow(
        columns,
        rows,
        ruled,
      );
      return {
        status,
        message,
        signals: columns.map(signalOf),
        raised: driftedColumns,
        headline: maxColumn,
        columns,
        epsilon: EPSILON,
      };
    },
  });
}

function signalOf(column: ColumnDrift): Signal {
  const { name, psi, status, thresholds, significant, findings } = column;
  const distance =
    psi === undefined
      ? 'Nothing to compare'
      : `PSI ${psi.toFixed(2)}${significant ? '' : ', which may be chance'}`;
  // Findings hold values of data, which not everybody may read who sees signals.
  const more =
    findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  return {
    name,
    metric: 'psi',
    ...(psi !== undefined && { value: psi }),
    unit: 'PSI',
    thresholds,
    state: status,
    message: findings.length ? `${distance}; ${more}` : distance,
  };
}
