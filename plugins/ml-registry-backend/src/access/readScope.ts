import { sqlOfFacts, type FactCriteria, type FactQuery } from '@downstage/node';
import type { Knex } from 'knex';
import { defaultNamespace, modelRefOf, nameOfModelRef } from '../kernel/refs';
import { isOneOf, type Sql } from '../kernel/database/sql';

/** What somebody may read who may not read everything. */
export type ReadScope = {
  /** What the permission policy allows; absent where it allows everything. */
  allowed?: FactCriteria;
  /** Names, in small letters, of models whose entity the catalog hides. */
  hidden: string[];
  /** What a job made is read by it, whatever the rest says. */
  madeBy?: string;
};

/** What can be asked for: rows of the table of that name. */
export type Readable =
  | 'registered_models'
  | 'experiments'
  | 'runs'
  | 'logged_models'
  | 'traces'
  | 'evaluation_datasets';

type Leaf = (query: FactQuery) => Sql;

const nothing: Sql = { sql: '(1 = 0)', bindings: [] };

type Names = {
  from: string;
  name: string;
  /** The registry itself wrote the name, so that it is spelled as the model is. */
  isExact?: true;
};

/** Where the names of a run's models stand. */
const modelsOfRun: Names[] = [
  {
    from: 'model_versions x WHERE x.run_id = runs.run_id',
    name: 'x.name',
    isExact: true,
  },
  {
    from: "run_tags x WHERE x.run_id = runs.run_id AND x.key = 'downstage.model'",
    // As the registry names it: without `default`.
    name: "replace(replace(x.value, 'model:default/', ''), 'model:', '')",
  },
  {
    from: 'experiments x WHERE x.experiment_id = runs.experiment_id',
    name: 'x.name',
  },
];

/** The run that decides about a row, where there is one. */
const runOf: Partial<Record<Readable, string>> = {
  logged_models: 'logged_models.source_run_id',
  traces:
    "(SELECT r.value FROM trace_metadata r WHERE r.trace_id = traces.trace_id AND r.key = 'mlflow.sourceRun')",
};

const conditions: Record<Readable, (knex: Knex, scope: ReadScope) => Sql[]> = {
  registered_models: (knex, scope) => [
    ...meeting(scope, modelFact('registered_models')),
    ...unless(scope, isOneOf(knex, 'registered_models.name', scope.hidden)),
  ],
  experiments: (knex, scope) =>
    ofNamed(knex, scope, inExperiment('experiments')),
  runs: (knex, scope) => [
    ...meeting(scope, query =>
      query.fact === 'owner'
        ? isAmong('runs.owner', query.values)
        : anyOf(
            modelsOfRun.map(names => hasModel(names, modelFact('m')(query))),
          ),
    ),
    ...unless(
      scope,
      anyOf(
        modelsOfRun.map(({ from, name }) =>
          exists(from, isOneOf(knex, name, scope.hidden)),
        ),
      ),
    ),
  ],
  logged_models: (knex, scope) =>
    ofNamed(knex, scope, inExperiment('logged_models')),
  traces: (knex, scope) => ofNamed(knex, scope, inExperiment('traces')),
  evaluation_datasets: (knex, scope) =>
    ofNamed(knex, scope, {
      table: 'evaluation_datasets',
      from: 'evaluation_dataset_experiments d JOIN experiments x ON x.experiment_id = d.experiment_id WHERE d.dataset_id = evaluation_datasets.dataset_id',
    }),
};

/**
 * The condition under which a row of the table is within the scope.
 *
 * @remarks
 * Facts of a model are those of the list of models. An experiment has its owner, and the facts of the model it is named
 * after. A run has the owner it was given when it was made, which is its experiment's. It also has the facts of its
 * models: of the versions made from it, the model its job trains, and its experiment's. Logged models and traces of a
 * run are read by who may read the run. An evaluation data set has its owner, and the models of its experiments.
 */
export function withinScope(
  knex: Knex,
  table: Readable,
  scope: ReadScope,
): Sql {
  const own = orMadeBy(table, scope, allOf(conditions[table](knex, scope)));
  const run = runOf[table];
  if (!run) return own;
  const runs = withinScope(knex, 'runs', scope);
  const ofRun = `SELECT 1 FROM runs WHERE runs.run_id = ${run}`;
  return {
    sql: `(EXISTS (${ofRun} AND ${runs.sql}) OR (NOT EXISTS (${ofRun}) AND ${own.sql}))`,
    bindings: [...runs.bindings, ...own.bindings],
  };
}

/** Models are no work of a job: which of them it reads is decided by its owner and its model. */
function orMadeBy(table: Readable, { madeBy }: ReadScope, within: Sql): Sql {
  if (madeBy === undefined || table === 'registered_models') return within;
  return anyOf([
    { sql: `COALESCE(${table}.created_by, '') = ?`, bindings: [madeBy] },
    within,
  ]);
}

/** The same for rows that name a registered model: versions, promotions, the ledger. */
export function ofModelWithinScope(
  knex: Knex,
  column: string,
  scope: ReadScope,
): Sql {
  const { sql, bindings } = withinScope(knex, 'registered_models', scope);
  return {
    sql: `EXISTS (SELECT 1 FROM registered_models WHERE registered_models.name = ${column} AND ${sql})`,
    bindings,
  };
}

function inExperiment(table: 'experiments' | 'logged_models' | 'traces') {
  return {
    table,
    from: `experiments x WHERE x.experiment_id = ${table}.experiment_id`,
  };
}

/** What has an owner of its own, and the facts of the model that its experiment is named after. */
function ofNamed(
  knex: Knex,
  scope: ReadScope,
  { table, from }: { table: Readable; from: string },
): Sql[] {
  const names = { from, name: 'x.name' };
  return [
    ...meeting(scope, query =>
      query.fact === 'owner'
        ? isAmong(`${table}.owner`, query.values)
        : hasModel(names, modelFact('m')(query)),
    ),
    ...unless(
      scope,
      exists(names.from, isOneOf(knex, names.name, scope.hidden)),
    ),
  ];
}

function hasModel({ from, name, isExact }: Names, condition: Sql): Sql {
  // A job names its model as the catalog does, in small letters.
  const isIt = isExact ? `m.name = ${name}` : `LOWER(m.name) = LOWER(${name})`;
  return exists(from, {
    sql: `EXISTS (SELECT 1 FROM registered_models m WHERE ${isIt} AND ${condition.sql})`,
    bindings: condition.bindings,
  });
}

/** A fact of a row of `registered_models`, as lists of models have it. */
function modelFact(row: string): Leaf {
  return ({ fact, values }) => {
    switch (fact) {
      case 'owner':
        return isAmong(`COALESCE(${row}.owner, ${row}.entity_owner)`, values);
      case 'namespace':
        return anyOf(
          values.map(value =>
            isInNamespace(`${row}.name`, value.toLocaleLowerCase('en-US')),
          ),
        );
      case 'risk':
        return hasRisk(`${row}.name`, values);
      case 'model':
        return isNamed(`${row}.name`, values.flatMap(nameAsked));
      default:
        return nothing;
    }
  };
}

/**
 * A model that the catalog says nothing of has the risk `minimal`. Databases join this with many rows; a subquery as a
 * value they would ask for each of them.
 */
function hasRisk(name: string, values: string[]): Sql {
  if (!values.length) return nothing;
  const marks = values.map(() => '?').join(', ');
  const entity = `SELECT 1 FROM model_entities f WHERE f.name = ${name} AND f.risk`;
  return {
    sql: values.includes('minimal')
      ? `(NOT EXISTS (${entity} NOT IN (${marks})))`
      : `(EXISTS (${entity} IN (${marks})))`,
    bindings: values,
  };
}

/** The name of the model that a whole ref means; a part of a ref means none. */
function nameAsked(ref: string): string[] {
  const name = nameOfModelRef(ref);
  const whole = modelRefOf(name).toLocaleLowerCase('en-US');
  return whole === ref.toLocaleLowerCase('en-US') ? [name] : [];
}

function meeting({ allowed }: ReadScope, leaf: Leaf): Sql[] {
  return allowed ? [sqlOfFacts(allowed, leaf)] : [];
}

function unless({ hidden }: ReadScope, { sql, bindings }: Sql): Sql[] {
  return hidden.length ? [{ sql: `NOT ${sql}`, bindings }] : [];
}

function exists(from: string, condition: Sql): Sql {
  return {
    sql: `EXISTS (SELECT 1 FROM ${from} AND ${condition.sql})`,
    bindings: condition.bindings,
  };
}

function isAmong(expression: string, values: string[]): Sql {
  if (!values.length) return nothing;
  const marks = values.map(() => '?').join(', ');
  return {
    sql: `(${expression} IS NOT NULL AND ${expression} IN (${marks}))`,
    bindings: values,
  };
}

/** As the catalog compares: capitals are small letters. The column is never null. */
function isNamed(column: string, names: string[]): Sql {
  if (!names.length) return nothing;
  const marks = names.map(() => 'LOWER(?)').join(', ');
  return { sql: `(LOWER(${column}) IN (${marks}))`, bindings: names };
}

function isInNamespace(name: string, namespace: string): Sql {
  if (namespace === defaultNamespace) {
    return { sql: `(${name} NOT LIKE '%/%')`, bindings: [] };
  }
  const start = `${namespace}/`;
  return {
    sql: `(substr(${name}, 1, ?) = ?)`,
    bindings: [start.length, start],
  };
}

function allOf(parts: Sql[]): Sql {
  return joined(parts, ' AND ', '1 = 1');
}

function anyOf(parts: Sql[]): Sql {
  return joined(parts, ' OR ', '1 = 0');
}

function joined(parts: Sql[], word: string, none: string): Sql {
  return {
    sql: parts.length
      ? `(${parts.map(({ sql }) => sql).join(word)})`
      : `(${none})`,
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}
