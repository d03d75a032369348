import type {
  ColumnDrift,
  DriftStatus,
} from '@downstage/plugin-ml-monitoring-common';
import { listed } from '@downstage/common';
import { criticalStabilityIndex } from './populationStabilityIndex';
import type { DriftRules } from './rules';

export type WindowVerdict = {
  status: DriftStatus;
  message: string;
  maxPsi?: number;
  maxColumn?: string;
  driftedColumns: string[];
};

/**
 * What a whole window comes to.
 *
 * @remarks
 * Each column is judged at 95 %. So with thirty columns one or two of them look different in every window by chance.
 * The window therefore asks a column for significance at 1 − 5 %/columns (Bonferroni) before it raises its own status;
 * the column itself keeps its verdict.
 */
export function judgeWindow(
  columns: readonly ColumnDrift[],
  rows: number,
  rules: DriftRules,
): WindowVerdict {
  const compared = columns.filter(column => column.psi !== undefined);
  const max = compared.reduce<ColumnDrift | undefined>(
    (best, column) =>
      !best || (column.psi ?? 0) > (best.psi ?? 0) ? column : best,
    undefined,
  );
  const shared = { maxPsi: max?.psi, maxColumn: max?.name };

  if (rows === 0) {
    return {
      status: 'no_data',
      message: 'No predictions since the last window',
      driftedColumns: [],
    };
  }
  if (rows < rules.minRows) {
    return {
      ...shared,
      status: 'insufficient_data',
      message: `${rows} predictions are too few for a verdict; ${rules.minRows} are needed`,
      driftedColumns: [],
    };
  }
  if (!columns.length) {
    return {
      status: 'no_data',
      message: 'The baseline has no column that the prediction log has',
      driftedColumns: [],
    };
  }

  const beyondChance = (column: ColumnDrift) =>
    column.psi !== undefined &&
    column.psi >
      criticalStabilityIndex({
        referenceRows: column.baselineRows,
        currentRows: column.windowRows,
        bins: column.bins,
        confidence: 1 - (1 - rules.confidence) / compared.length,
      });
  const raisedByFinding = (column: ColumnDrift) =>
    column.findings.some(finding => finding.severity === 'warning');
  const drifted = columns.filter(
    column => column.status === 'drift' && beyondChance(column),
  );
  const warned = columns.filter(
    column =>
      !drifted.includes(column) &&
      (column.status === 'warning' || column.status === 'drift') &&
      (beyondChance(column) || raisedByFinding(column)),
  );

  if (drifted.length) {
    return {
      ...shared,
      status: 'drift',
      driftedColumns: names(drifted),
      message: `${countOf(drifted, columns)} drifted from the baseline, most ${
        drifted.sort(byPsi)[0].name
      } with PSI ${(drifted[0].psi ?? 0).toFixed(2)}${
        warned.length ? `; ${warned.length} more deserve a look` : ''
      }`,
    };
  }
  if (warned.length) {
    return {
      ...shared,
      status: 'warning',
      driftedColumns: names(warned),
      message: `${countOf(
        warned,
        columns,
      )} moved away from the baseline: ${listed(names(warned), { most: 3 })}`,
    };
  }
  return {
    ...shared,
    status: 'ok',
    driftedColumns: [],
    message: max
      ? `${rows} predictions look like the baseline; the largest PSI is ${(
          max.psi ?? 0
        ).toFixed(2)} (${max.name})`
      : `${rows} predictions, no column could be compared`,
  };
}

function byPsi(a: ColumnDrift, b: ColumnDrift) {
  return (b.psi ?? 0) - (a.psi ?? 0);
}

function names(columns: ColumnDrift[]): string[] {
  return [...columns].sort(byPsi).map(column => column.name);
}

function countOf(some: unknown[], all: readonly unknown[]): string {
  return `${some.length} of ${all.length} columns`;
}
