import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import type {
  Comparison,
  FilterOperator,
  SearchEntity,
  SearchOrder,
} from '@downstage/plugin-ml-registry-common';
import { isSet, type Vocabulary } from './vocabulary';
import type { OrderTerm } from './keyset';
import { isPostgres } from '../kernel/database/database';
import { byBytes, type Sql } from '../kernel/database/sql';

/** Where the keyed data of one kind of search lies. */
export type Tables = {
  /** Joins a keyed row to the outer row: `x.run_id = runs.run_id`. */
  join: string;
  /** The same for params, metrics and data sets, where they belong to something else than tags. */
  runJoin?: string;
  tags: string;
  params?: string;
  metrics?: { table: string; where?: Sql };
  /** Whether indexes of params and tags hold the beginnings of values. */
  indexed?: boolean;
};

export const runTables: Tables = {
  join: 'x.run_id = runs.run_id',
  tags: 'run_tags',
  params: 'params',
  metrics: { table: 'latest_metrics' },
  indexed: true,
};

/**
 * Turns one comparison into SQL. A thing that is not there never matches,
 * whatever the comparison, as in MLflow; only IS NULL asks for absence.
 */
export function compileComparison(
  database: Knex,
  comparison: Comparison,
  options: { vocabulary: Vocabulary; tables: Tables },
): Sql {
  const { entity, key } = comparison;
  const { vocabulary, tables } = options;
  if (entity === 'attribute') {
    const column = vocabulary.columns[key];
    const ofModel = vocabulary.ofModel?.[key];
    if (ofModel) {
      const inner = compare(database, ofModel.column, comparison);
      return {
        sql: `${ofModel.name} IN (SELECT m.name FROM registered_models m WHERE ${inner.sql})`,
        bindings: inner.bindings,
      };
    }
    return isSet(comparison, vocabulary)
      ? compareSet(database, comparison, {
          column,
          from: vocabulary.sets?.[key] ?? '',
        })
      : compare(database, column, comparison);
  }
  if (entity === 'dataset') {
    const column = key === 'context' ? 'x.context' : `d.${key}`;
    const inner = compare(database, column, comparison);
    return {
      sql: `EXISTS (SELECT 1 FROM run_datasets x JOIN datasets d ON d.dataset_id = x.dataset_id WHERE ${joinOf(
        tables,
        entity,
      )} AND ${inner.sql})`,
      bindings: inner.bindings,
    };
  }
  if (entity === 'span') return compileSpan(database, comparison, tables);
  if (entity === 'feedback' || entity === 'expectation') {
    return compileAssessment(database, comparison, tables);
  }
  const source = keyed(tables, entity);
  const where = source.where;
  const scope = `SELECT 1 FROM ${source.table} x WHERE ${joinOf(
    tables,
    entity,
  )} AND x.key = ?${where ? ` AND ${where.sql}` : ''}`;
  const scopeBindings = [key, ...(where?.bindings ?? [])];
  if (comparison.operator === 'IS NULL') {
    return { sql: `NOT EXISTS (${scope})`, bindings: scopeBindings };
  }
  if (comparison.operator === 'IS NOT NULL') {
    return { sql: `EXISTS (${scope})`, bindings: scopeBindings };
  }
  const inner =
    tables.indexed && entity !== 'metric' && comparison.operator === '='
      ? equalText(comparison)
      : compare(database, 'x.value', comparison);
  // NaN is stored as 0 and a flag, and equals nothing.
  const number = entity === 'metric' ? ` AND x.is_nan = ?` : '';
  return {
    sql: `EXISTS (${scope} AND ${inner.sql}${number})`,
    bindings: [
      ...scopeBindings,
      ...inner.bindings,
      ...(entity === 'metric' ? [false] : []),
    ],
  };
}

/** Turns an order into terms that are never null, so that pages can go on after any row. */
export function compileOrder(
  order: SearchOrder,
  options: { vocabulary: Vocabulary; tables: Tables; database: Knex },
): OrderTerm[] {
  const { vocabulary, tables, database } = options;
  const { key, entity, descending } = order;
  if (entity === 'attribute') {
    const column =
      vocabulary.orderColumns?.[key] ?? vocabulary.columns[key] ?? key;
    const numeric = vocabulary.numbers.includes(key);
    if (vocabulary.always?.includes(key)) {
      const sql = numeric ? column : byBytes(database, column);
      return [{ sql, bindings: [], descending }];
    }
    return [
      {
        sql: `CASE WHEN ${column} IS NULL THEN 1 ELSE 0 END`,
        bindings: [],
        descending: false,
      },
      numeric
        ? { sql: `COALESCE(${column}, 0)`, bindings: [], descending }
        : {
            sql: byBytes(database, `COALESCE(${column}, '')`),
            bindings: [],
            descending,
          },
    ];
  }
  const source = keyed(tables, asKeyed(entity));
  const where = source.where;
  const from = `FROM ${source.table} x WHERE ${joinOf(
    tables,
    entity,
  )} AND x.key = ?${where ? ` AND ${where.sql}` : ''}`;
  const bindings = [key, ...(where?.bindings ?? [])];
  const newest =
    source.table === 'logged_model_metrics'
      ? ' ORDER BY x.step DESC, x.timestamp DESC LIMIT 1'
      : '';
  if (entity === 'metric') {
    return [
      {
        sql: `COALESCE((SELECT CASE WHEN x.is_nan THEN 1 ELSE 0 END ${from}${newest}), 2)`,
        bindings,
        descending: false,
      },
      {
        sql: `COALESCE((SELECT x.value ${from}${newest}), 0)`,
        bindings,
        descending,
      },
    ];
  }
  return [
    {
      sql: `CASE WHEN EXISTS (SELECT 1 ${from}) THEN 0 ELSE 1 END`,
      bindings,
      descending: false,
    },
    {
      sql: byBytes(database, `COALESCE((SELECT x.value ${from}), '')`),
      bindings,
      descending,
    },
  ];
}

function joinOf(tables: Tables, entity: SearchEntity): string {
  return entity === 'tag' ? tables.join : tables.runJoin ?? tables.join;
}

const POSITIVE: Partial<Record<FilterOperator, FilterOperator>> = {
  '!=': '=',
  'NOT IN': 'IN',
};

/** Of several values one must match; `!=` and `NOT IN` say that none does. */
function compareSet(
  database: Knex,
  comparison: Comparison,
  set: { column: string; from: string },
): Sql {
  const { operator } = comparison;
  const positive = POSITIVE[operator] ?? operator;
  const inner = compare(database, set.column, {
    ...comparison,
    operator: positive,
  });
  const negative = positive !== operator;
  return {
    sql: `${negative ? 'NOT ' : ''}EXISTS (SELECT 1 FROM ${set.from} AND ${
      inner.sql
    })`,
    bindings: inner.bindings,
  };
}

/** A fact with several values never gets here. */
function asKeyed(entity: SearchEntity): 'metric' | 'param' | 'tag' {
  return entity === 'metric' || entity === 'param' ? entity : 'tag';
}

/** One span must match. */
function compileSpan(
  database: Knex,
  comparison: Comparison,
  tables: Tables,
): Sql {
  const name = /^attributes\.`?([^`]+)`?$/.exec(comparison.key)?.[1];
  if (name !== undefined) {
    const inner = compare(database, 'x.value', comparison);
    return {
      sql: `EXISTS (SELECT 1 FROM span_attributes x WHERE ${tables.join} AND x.key = ? AND ${inner.sql})`,
      bindings: [name, ...inner.bindings],
    };
  }
  const inner = compare(database, `x.${comparison.key}`, comparison);
  return {
    sql: `EXISTS (SELECT 1 FROM spans x WHERE ${tables.join} AND ${inner.sql})`,
    bindings: inner.bindings,
  };
}

/** Values are JSON; a text is compared as such and as the JSON it may be, so that `'true'` finds what is true. */
function compileAssessment(
  database: Knex,
  comparison: Comparison,
  tables: Tables,
): Sql {
  const { entity, key, operator, value } = comparison;
  const scope = `SELECT 1 FROM assessments x WHERE ${tables.join} AND x.kind = ? AND x.name = ? AND x.valid = ?`;
  const scoped: Knex.RawBinding[] = [entity, key, true];
  if (operator === 'IS NULL') {
    return { sql: `NOT EXISTS (${scope})`, bindings: scoped };
  }
  if (operator === 'IS NOT NULL') {
    return { sql: `EXISTS (${scope})`, bindings: scoped };
  }
  const inner = compareAssessed(database, comparison);
  const negative = operator === '!=' && typeof value === 'string';
  return {
    sql: `EXISTS (${scope} AND ${negative ? 'NOT ' : ''}${inner.sql})`,
    bindings: [...scoped, ...inner.bindings],
  };
}

function compareAssessed(database: Knex, comparison: Comparison): Sql {
  const { operator, value } = comparison;
  if (typeof value === 'number') {
    return compare(database, 'x.value_number', comparison);
  }
  if (operator === 'LIKE' || operator === 'ILIKE') {
    return compare(database, 'x.value_text', comparison);
  }
  const text = String(value ?? '');
  return {
    sql: '(x.value = ? OR x.value = ?)',
    bindings: [text, JSON.stringify(text)],
  };
}

function keyed(tables: Tables, entity: 'metric' | 'param' | 'tag') {
  if (entity === 'tag') return { table: tables.tags, where: undefined };
  if (entity === 'param' && tables.params) {
    return { table: tables.params, where: undefined };
  }
  if (entity === 'metric' && tables.metrics) {
    return { table: tables.metrics.table, where: tables.metrics.where };
  }
  throw new Error(`No table holds a ${entity} here`);
}

function compare(database: Knex, column: string, comparison: Comparison): Sql {
  const { operator, value } = comparison;
  if (Array.isArray(value)) {
    const marks = value.map(() => '?').join(', ');
    return { sql: `${column} ${operator} (${marks})`, bindings: value };
  }
  if (typeof value === 'number') {
    return {
      sql: `${column} ${operator} ${numberMark(value)}`,
      bindings: [value],
    };
  }
  const bound = value ?? '';
  if (operator === 'LIKE') return like(database, column, checkPattern(bound));
  if (operator === 'ILIKE') {
    checkPattern(bound);
    // Letters beyond ASCII keep their case, as SQLite has it.
    return isPostgres(database)
      ? {
          sql: `LOWER(${column} COLLATE "C") LIKE LOWER(? COLLATE "C") ESCAPE ''`,
          bindings: [bound],
        }
      : { sql: `LOWER(${column}) LIKE LOWER(?)`, bindings: [bound] };
  }
  return { sql: `${column} ${operator} ?`, bindings: [bound] };
}

/** PostgreSQL takes the column's type for the value's, and refuses fractions and large numbers beside integers. */
function numberMark(value: number): string {
  if (!Number.isSafeInteger(value)) return 'CAST(? AS DOUBLE PRECISION)';
  return Math.abs(value) < 2 ** 31 ? '?' : 'CAST(? AS BIGINT)';
}

/** SQLite gives up on longer patterns, and nothing kept here is longer. */
function checkPattern(pattern: string): string {
  if (pattern.length <= 10_000) return pattern;
  throw new InputError(
    `A pattern of LIKE may have 10000 characters, found ${pattern.length}`,
  );
}

/** Values may be longer than an index takes; it holds their beginnings, which decide nearly always. */
function equalText(comparison: Comparison): Sql {
  const value = String(comparison.value ?? '');
  return {
    sql: `substr(x.value, 1, 100) = ? AND x.value = ?`,
    bindings: [[...value].slice(0, 100).join(''), value],
  };
}

/** LIKE minds the case. SQLite's own does not, but its GLOB does. */
function like(database: Knex, column: string, pattern: string): Sql {
  if (isPostgres(database)) {
    return { sql: `${column} LIKE ? ESCAPE ''`, bindings: [pattern] };
  }
  const glob = pattern
    .replace(/[*?[]/g, special => `[${special}]`)
    .replace(/%/g, '*')
    .replace(/_/g, '?');
  return { sql: `${column} GLOB ?`, bindings: [glob] };
}
