import type {
  ModelListFilter,
  ModelSort,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { whereFacts, type FactCriteria } from '@downstage/node';
import { isPostgres } from '../../kernel/database/database';
import { byBytes, isOneOf } from '../../kernel/database/sql';
import type { OrderTerm } from '../../search/keyset';
import { PROMPT_TAG } from '../../kernel/tags';
import { openPromotionStates } from '../domain/openPromotionStates';

/** What a condition on a list of models can speak of: columns of {@link modelList}, never null but for the owner. */
export const modelColumns = {
  name: 'registered_models.name',
  namespace: 'registered_models.model_namespace',
  model: 'registered_models.model_ref',
  owner: 'registered_models.model_owner',
  risk: 'registered_models.model_risk',
} as const;

const refSql =
  "CASE WHEN registered_models.name LIKE '%/%' THEN registered_models.name ELSE 'default/' || registered_models.name END";

const inProductionSql =
  "EXISTS (SELECT 1 FROM model_versions v WHERE v.name = registered_models.name AND v.stage = 'production')";
const withCandidateSql =
  "EXISTS (SELECT 1 FROM model_versions v WHERE v.name = registered_models.name AND v.stage = 'candidate')";
const waitingSql = `EXISTS (SELECT 1 FROM promotions w WHERE w.name = registered_models.name AND w.state IN (${openPromotionStates
  .map(state => `'${state}'`)
  .join(', ')}))`;

const stageConditions: Record<ModelListFilter, [sql: string]> = {
  production: [inProductionSql],
  candidate: [withCandidateSql],
  none: [`NOT ${inProductionSql}`],
  waiting: [waitingSql],
};

/** What a list of models is asked; names of owners are resolved before. */
export type ModelQuestion = {
  /** Every word has to be in the name, title, description or owner. */
  query?: string;
  /** Any of these. Empty for nothing at all. */
  owners?: string[];
  unowned?: boolean;
  stage?: ModelListFilter;
  /** Any of these. */
  names?: string[];
  /** What the caller's permission allows. */
  allowed?: FactCriteria;
  /** Names, in small letters, that the catalog hides from the caller. */
  hidden?: string[];
};

/**
 * The one query that lists and counts of models are made from: registered models beside what the catalog says of them.
 * Prompts, which MLflow keeps in the same table, are left out.
 */
export function modelList(
  knex: Knex,
  question: ModelQuestion,
): Knex.QueryBuilder {
  const query = knex.from(
    knex('registered_models')
      .leftJoin(
        'model_entities',
        'model_entities.name',
        'registered_models.name',
      )
      .whereRaw(
        'NOT EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.name = registered_models.name AND p.key = ?)',
        [PROMPT_TAG],
      )
      .select(
        'registered_models.*',
        'model_entities.has_entity',
        'model_entities.title',
        'model_entities.search_text',
        'model_entities.conflict',
        { entity_description: 'model_entities.description' },
        knex.raw(`${namespaceSql(knex)} AS model_namespace`),
        knex.raw(`'model:' || ${refSql} AS model_ref`),
        knex.raw(
          'COALESCE(registered_models.owner, registered_models.entity_owner) AS model_owner',
        ),
        knex.raw("COALESCE(model_entities.risk, 'minimal') AS model_risk"),
      )
      .as('registered_models'),
  );
  const { owners, names, stage } = question;
  if (owners) query.whereRaw(...anyOf(modelColumns.owner, owners));
  if (question.unowned) query.whereRaw(`${modelColumns.owner} IS NULL`);
  if (names) query.whereRaw(...anyOf(modelColumns.name, names));
  if (stage) query.whereRaw(...stageConditions[stage]);
  for (const word of wordsOf(question.query)) {
    const like = "LIKE ? ESCAPE '\\'";
    query.whereRaw(
      `(LOWER(registered_models.name) ${like}
        OR COALESCE(registered_models.search_text, '') ${like}
        OR LOWER(COALESCE(registered_models.description, '')) ${like}
        OR LOWER(COALESCE(registered_models.owner, '')) ${like})`,
      [word, word, word, word],
    );
  }
  if (question.hidden?.length) {
    const { sql, bindings } = isOneOf(knex, modelColumns.name, question.hidden);
    query.whereRaw(`NOT ${sql}`, bindings);
  }
  return whereFacts(query, question.allowed, modelColumns);
}

function namespaceSql(knex: Knex): string {
  return isPostgres(knex)
    ? `split_part(${refSql}, '/', 1)`
    : `substr(${refSql}, 1, instr(${refSql}, '/') - 1)`;
}

/** The order of a list; it ends with the name, so that it identifies a row. */
export function modelOrder(knex: Knex, sort: ModelSort): OrderTerm[] {
  const byName = term(byBytes(knex, modelColumns.name));
  const orders: Record<ModelSort, OrderTerm[]> = {
    name: [byName],
    '-name': [{ ...byName, descending: true }],
    owner: [term(byBytes(knex, `COALESCE(${modelColumns.owner}, '')`)), byName],
    updated: [term('registered_models.last_updated_time'), byName],
    '-updated': [
      { ...term('registered_models.last_updated_time'), descending: true },
      { ...byName, descending: true },
    ],
    '-created': [
      { ...term('registered_models.creation_time'), descending: true },
      { ...byName, descending: true },
    ],
  };
  return orders[sort];
}

function term(sql: string): OrderTerm {
  return { sql, bindings: [], descending: false };
}

function anyOf(
  column: string,
  values: string[],
): [sql: string, bindings: string[]] {
  if (values.length === 0) return ['1 = 0', []];
  return [`${column} IN (${values.map(() => '?').join(', ')})`, values];
}

function wordsOf(text: string | undefined): string[] {
  const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return words
    .slice(0, 10)
    .map(word => `%${word.replace(/[\\%_]/g, match => `\\${match}`)}%`);
}
