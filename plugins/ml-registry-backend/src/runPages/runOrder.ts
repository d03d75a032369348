import type { RunSort } from '@downstage/plugin-ml-registry-common';
import { byBytes } from '../kernel/database/sql';
import type { OrderTerm } from '../search/keyset';
import { isPostgres, type Database } from '../kernel/database/database';

const numbers: Partial<Record<RunSort, string>> = {
  started: 'runs.start_time',
  duration: 'runs.end_time - runs.start_time',
  experiment: 'runs.experiment_id',
};
const texts: Partial<Record<RunSort, string>> = {
  name: 'runs.name',
  status: 'runs.status',
  user: 'runs.user_id',
  job: 'runs.job_id',
};

/**
 * The order of the runs table by an attribute or a column such as `params.lr`. Runs without the value come last
 * whatever the direction; params and tags that are numbers are ordered as numbers, before words.
 */
export function runOrder(
  database: Database,
  sort: string,
  direction: 'asc' | 'desc',
): OrderTerm[] {
  const descending = direction === 'desc';
  const newestFirst = [
    term('runs.start_time', true),
    term('runs.run_id', true),
  ];
  if (sort === 'started') {
    return [term('runs.start_time', descending), term('runs.run_id', true)];
  }
  const number = Object.entries(numbers).find(([name]) => name === sort)?.[1];
  if (number) {
    return [
      term(`CASE WHEN ${number} IS NULL THEN 1 ELSE 0 END`, false),
      term(`COALESCE(${number}, 0)`, descending),
      ...newestFirst,
    ];
  }
  const text = Object.entries(texts).find(([name]) => name === sort)?.[1];
  if (text) {
    return [
      term(`CASE WHEN ${text} IS NULL THEN 1 ELSE 0 END`, false),
      term(byBytes(database, `COALESCE(${text}, '')`), descending),
      ...newestFirst,
    ];
  }
  const dot = sort.indexOf('.');
  const key = sort.slice(dot + 1);
  if (sort.startsWith('metrics.')) {
    const from = `FROM latest_metrics x WHERE x.run_id = runs.run_id AND x.key = ?`;
    return [
      term(
        `COALESCE((SELECT CASE WHEN x.is_nan THEN 1 ELSE 0 END ${from}), 2)`,
        false,
        [key],
      ),
      term(`COALESCE((SELECT x.value ${from}), 0)`, descending, [key]),
      ...newestFirst,
    ];
  }
  const table = sort.startsWith('params.') ? 'params' : 'run_tags';
  const from = `FROM ${table} x WHERE x.run_id = runs.run_id AND x.key = ?`;
  const { isNumber, asNumber } = numberIn(database);
  return [
    term(
      `COALESCE((SELECT CASE WHEN ${isNumber} THEN 0 ELSE 1 END ${from}), 2)`,
      false,
      [key],
    ),
    term(
      `COALESCE((SELECT CASE WHEN ${isNumber} THEN ${asNumber} ELSE 0 END ${from}), 0)`,
      descending,
      [key],
    ),
    term(
      byBytes(database, `COALESCE((SELECT x.value ${from}), '')`),
      descending,
      [key],
    ),
    ...newestFirst,
  ];
}

function term(
  sql: string,
  descending: boolean,
  bindings: string[] = [],
): OrderTerm {
  return { sql, bindings, descending };
}

// SQLite has no regular expressions; what its pattern lets through that is no number casts to a number all the same.
function numberIn(database: Database) {
  return isPostgres(database)
    ? {
        isNumber: `x.value ~ '^[+-]{0,1}([0-9]+[.]{0,1}[0-9]*|[.][0-9]+)([eE][+-]{0,1}[0-9]{1,2}){0,1}$'`,
        asNumber: `CAST(x.value AS double precision)`,
      }
    : {
        isNumber: `x.value GLOB '[-+.0-9]*[0-9.]' AND x.value NOT GLOB '*[^-+.eE0-9]*' OR x.value GLOB '[0-9]'`,
        asNumber: `CAST(x.value AS REAL)`,
      };
}
