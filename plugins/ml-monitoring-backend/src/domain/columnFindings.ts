import type {
  BaselineColumn,
  Finding,
} from '@downstage/plugin-ml-monitoring-common';
import type { ColumnCounts } from './columnCounts';
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
      message: `${percent(outside / rows)} lie outside ${
        baseline.moments.min
      } to ${baseline.moments.max} (${window.below} below, ${
        window.above
      } above)`,
      share: outside / rows,
    });
  }
  const unseen = window.unseen.reduce((total, item) => total + item.count, 0);
  if (unseen) {
    const names = window.unseen.slice(0, 5).map(item => `'${item.value}'`);
    const more = window.unseen.length - names.length;
    findings.push({
      kind: 'new_category',
      severity: unseen / rows >= rules.newCategory ? 'warning' : 'info',
      message: `${percent(unseen / rows)} are ${names.join(', ')}${
        more > 0 ? ` and ${more} more` : ''
      }, never seen in the baseline`,
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

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}
