import type { DatasetCheck } from '@downstage/plugin-ml-catalog-common';
import type {
  DatasetQuality,
  DatasetVersion,
} from '@downstage/plugin-ml-data-common';
import { listed } from '@downstage/common';

import { classOf } from '../profile/columnSql';
import { compareNumbers, isDigits } from './compareNumbers';

type Check = DatasetQuality['checks'][number];

/**
 * What the checks of a Dataset entity say about one version, read from its profile.
 *
 * @remarks
 * `unknown` where the entity declares no checks, or the profile cannot tell: a distinct count is an estimate above a
 * hundred thousand rows, and only the most frequent values are kept.
 */
export function assessQuality(
  checks: DatasetCheck[] | undefined,
  version: Pick<DatasetVersion, 'rows' | 'profile'>,
): DatasetQuality {
  const found = (checks ?? []).flatMap(check => assess(check, version));
  return { state: stateOf(found), checks: found };
}

function stateOf(checks: Check[]): Check['state'] {
  if (checks.some(({ state }) => state === 'failed')) return 'failed';
  const known = checks.length > 0 && checks.every(c => c.state === 'passed');
  return known ? 'passed' : 'unknown';
}

function assess(
  check: DatasetCheck,
  { rows, profile }: Pick<DatasetVersion, 'rows' | 'profile'>,
): Check[] {
  const { column: name, minRows } = check;
  if (minRows !== undefined && name === undefined) {
    return [verdict('rows', `at least ${minRows}`, rows >= minRows, rows)];
  }
  const column = profile.columns.find(each => each.name === name);
  if (!column) {
    return [verdict(`${name}`, 'a column', false, 'no such column')];
  }
  const results: Check[] = [];
  const add = (wanted: string, passed: boolean | undefined, saw: unknown) =>
    results.push(verdict(column.name, wanted, passed, saw));
  if (check.notNull) {
    add('no empty values', column.nulls === 0, `${column.nulls} empty`);
  }
  if (check.unique) {
    add(
      'no value twice',
      rows > 100_000 ? undefined : column.distinct === column.count,
      `${column.distinct} of ${column.count} distinct`,
    );
  }
  if (check.min !== undefined) {
    const { min } = column;
    add(
      `at least ${check.min}`,
      isNumber(min, column) ? compareNumbers(min, check.min) >= 0 : undefined,
      min,
    );
  }
  if (check.max !== undefined) {
    const { max } = column;
    add(
      `at most ${check.max}`,
      isNumber(max, column) ? compareNumbers(max, check.max) <= 0 : undefined,
      max,
    );
  }
  if (check.allowed) {
    const values = column.topValues?.map(({ value }) => value);
    const others = values?.filter(value => !check.allowed?.includes(value));
    // Only the most frequent values are kept: that no other was seen says something only when all are.
    const complete = values !== undefined && values.length >= column.distinct;
    const seenAll = complete || undefined;
    add(
      `only ${listed(check.allowed.map(String))}`,
      others?.length ? false : seenAll,
      (others && listed(others.map(String))) || 'nothing else',
    );
  }
  return results;
}

/** A figure of a column of numbers; those with many digits come as text. */
function isNumber(
  value: string | number | undefined,
  column: { type: string },
): value is string | number {
  if (typeof value !== 'string') return typeof value === 'number';
  return classOf(column.type) === 'number' && isDigits(value);
}

function verdict(
  of: string,
  wanted: string,
  passed: boolean | undefined,
  saw: unknown,
): Check {
  return {
    of,
    wanted,
    saw: String(saw ?? 'nothing'),
    state: stateWord(passed),
  };
}

function stateWord(passed: boolean | undefined): Check['state'] {
  if (passed === undefined) return 'unknown';
  return passed ? 'passed' : 'failed';
}
