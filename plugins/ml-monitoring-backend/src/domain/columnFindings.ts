import type {
  BaselineColumn,
  Finding,
} from '@downstage/plugin-ml-monitoring-common';
import { listed } from '@downstage/common';
import type { ColumnCounts } from '@downstage/plugin-ml-monitoring-node';
import { sum } from './populationStabilityIndex';
import type { DriftRules } from './rules';

/** What is worth saying about a column besides how far its distribution moved. */
export function columnFindings(
  baseline: BaselineColumn,
  window: ColumnCounts,
  rules: DriftRules,
): Finding[] {
  if (window.state === 'missing') {
    return [
      {
        kind: 'missing_column',
        severity: 'warning',
        message: `The prediction log has no column ${baseline.column}`,
      },
    ];
  }
  if (window.state === 'type-changed') {
    return [
      {
        kind: 'type_change',
        severity: 'warning',
        message: `Was ${baseline.type} in the baseline and is ${window.found} now, so nothing was compared`,
      },
    ];
  }
  const values = sum(window.counts);
  const rows = values + window.nulls;
  if (!rows) return [];
  const findings: Finding[] = [];

  const nullsBefore = baseline.rows ? baseline.nulls / baseline.rows : 0;
  const nullsNow = window.nulls / rows;
  if (nullsNow - nullsBefore >= 0.01) {
    findings.push({
      kind: 'null_rate',
      severity: nullsNow - nullsBefore >= rules.nullRise ? 'warning' : 'info',
      message: `${percent(nullsNow)} are missing; it was ${percent(
        nullsBefore,
      )} in the baseline`,
      share: nullsNow,
    });
  }
  if (window.infinite) {
    findings.push({
      kind: 'infinite_values',
      severity: 'warning',
      message: `${window.infinite} values are infinite`,
      share: window.infinite / rows,
    });
  }
  const outside = window.below + window.above;
  if (outside && baseline.kind === 'numeric') {
    findings.push({
      kind: 'out_of_range',
      severity: outside / rows >= rules.outOfRange ? 'warning' : 'info',
      message: `${percent(outside / rows)} lie outside ${brief(
        baseline.moments.min,
      )} to ${brief(baseline.moments.max)} (${window.below} below, ${
        window.above
      } above)`,
      share: outside / rows,
    });
  }
  const unseen = window.unseen.reduce((total, item) => total + item.count, 0);
  if (unseen) {
    const names = window.unseen.map(item => `'${item.value}'`);
    findings.push({
      kind: 'new_category',
      severity: unseen / rows >= rules.newCategory ? 'warning' : 'info',
      message: `${percent(unseen / rows)} are ${listed(
        names,
      )}, never seen in the baseline`,
      share: unseen / rows,
    });
  }
  if (baseline.distinct === 1) {
    findings.push({
      kind: 'constant_reference',
      severity: 'info',
      message:
        'The baseline has one value only; any other value counts as a new category',
    });
  }
  return findings;
}

/** Six digits: a 32-bit float carries few more, and its double would show seventeen. */
function brief(value: number | undefined): string {
  return value === undefined ? '?' : String(Number(value.toPrecision(6)));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
