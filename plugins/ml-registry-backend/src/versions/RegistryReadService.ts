import { InputError, NotFoundError } from '@backstage/errors';
import {
  type Stage,
  parseFilter,
  type Comparison,
  parseOrderBy,
} from '@downstage/plugin-ml-registry-common';
import type { Call } from '@downstage/node';
import type { Knex } from 'knex';
import {
  compileComparison,
  compileOrder,
  type Tables,
} from '../search/compile';
import type { Sql } from '../kernel/database/sql';
import { asRegistryNames, withMlflowNames } from '../search/mlflowNames';
import {
  modelVocabulary,
  speaksOfVersion,
  versionOfModelVocabulary,
  versionVocabulary,
  type Vocabulary,
} from '../search/vocabulary';
import { groupBy } from '../kernel/database/database';
import type {
  ModelStore,
  ModelVersionRow,
  RegisteredModelRow,
} from './stores/ModelStore';
import { PROMPT_TAG } from '../kernel/tags';
import type { SearchFacts } from './SearchFacts';
import type { TrackingDeps } from '../tracking/trackingDeps';

const MODEL_TABLES: Tables = {
  join: 'x.name = registered_models.name',
  tags: 'registered_model_tags',
};

const VERSION_TABLES: Tables = {
  join: 'x.name = model_versions.name AND x.version = model_versions.version',
  tags: 'model_version_tags',
  runJoin: 'x.run_id = model_versions.run_id',
  params: 'params',
  metrics: { table: 'latest_metrics' },
};

type Search = {
  filter?: string;
  orderBy: string[];
  pageToken?: string;
  limit: number;
  /** The search and its order speak of names as MLflow's clients see them; else as the portal shows them. */
  mlflowNames?: boolean;
};

/** A registered model with the newest version of each stage that somebody put one into, as MLflow shows it. */
export type ModelWithLatest = RegisteredModelRow & {
  latest: ModelVersionRow[];
};

/** Reads of registered models and versions for MLflow clients. */
export class RegistryReadService {
  readonly #deps: RegistryReadDeps;

  constructor(deps: RegistryReadDeps) {
    this.#deps = deps;
  }

  async getModel(name: string, { caller }: Call): Promise<ModelWithLatest> {
    const { reads, models } = this.#deps;
    const seen = await reads.sees('registered_models', name, caller);
    const model = seen && (await models.findModel(models.database, name));
    if (!model)
      throw new NotFoundError(`Registered Model with name=${name} not found`);
    return { ...model, latest: await models.newestOfStages([name]) };
  }

  async getVersion(
    key: { name: string; version: number },
    { caller }: Call,
  ): Promise<ModelVersionRow> {
    const { reads, models } = this.#deps;
    const seen = await reads.sees('registered_models', key.name, caller);
    const version =
      seen &&
      (await models.findVersion(models.database, key.name, key.version));
    if (!version) {
      throw new NotFoundError(
        `Model Version (name=${key.name}, version=${key.version}) not found`,
      );
    }
    return version;
  }

  async getVersionByAlias(
    { name, alias }: { name: string; alias: string },
    { caller }: Call,
  ) {
    const model = await this.getModel(name, { caller });
    const found =
      model.aliases.find(known => known.alias === alias) ??
      // A reserved word clients may ask for all the same.
      (alias === 'latest' && model.latest[0]
        ? { version: Math.max(...model.latest.map(({ version }) => version)) }
        : undefined);
    // Not a 404, as in MLflow.
    if (!found)
      throw new InputError(`Registered model alias ${alias} not found.`);
    return this.getVersion({ name, version: found.version }, { caller });
  }

  /** The newest version of each stage asked for; of all stages when none is named. */
  async latestVersions(
    request: { name: string; stages: Stage[] },
    { caller }: Call,
  ): Promise<ModelVersionRow[]> {
    const { latest } = await this.getModel(request.name, { caller });
    if (request.stages.length === 0) return latest;
    return latest.filter(({ mlflowStage }) =>
      request.stages.includes(mlflowStage),
    );
  }

  async searchModels(
    search: Search,
    { caller }: Call,
  ): Promise<{ models: ModelWithLatest[]; nextPageToken?: string }> {
    const { reads, models, knex } = this.#deps;
    const readable = await reads.where('registered_models', caller);
    const options = {
      vocabulary: search.mlflowNames
        ? withMlflowNames(modelVocabulary)
        : modelVocabulary,
      tables: MODEL_TABLES,
      database: knex,
    };
    const comparisons = parseFilter(
      search.filter,
      versionOfModelVocabulary,
    ).map(withOurStage);
    const withPrompts = asksForPrompts(comparisons);
    const orders = parseOrderBy(search.orderBy, modelVocabulary);
    await this.#deps.searchFacts.refreshFor([...comparisons, ...orders]);
    const ofVersion = comparisons.filter(speaksOfVersion);
    const page = await models.searchModels({
      ...search,
      withPrompts,
      // "Not a prompt" is the rule below, and says so also of models without the tag.
      where: [
        ...comparisons
          .filter(comparison => !speaksOfVersion(comparison))
          .filter(comparison => withPrompts || !isPromptTag(comparison))
          .map(comparison =>
            compileNamed(knex, comparison, {
              ...options,
              exact: search.mlflowNames ? modelVocabulary : undefined,
            }),
          ),
        ...(ofVersion.length ? [hasVersion(knex, ofVersion)] : []),
        ...readable,
      ],
      terms: [
        ...orders.flatMap(order => compileOrder(order, options)),
        ...(orders.some(
          ({ entity, key }) => entity === 'attribute' && key === 'name',
        )
          ? []
          : compileOrder(
              { entity: 'attribute', key: 'name', descending: false },
              options,
            )),
      ],
    });
    const latest = groupBy(
      await models.newestOfStages(page.models.map(({ name }) => name)),
      ({ name }) => name,
    );
    return {
      models: page.models.map(model => ({
        ...model,
        latest: latest.get(model.name) ?? [],
      })),
      nextPageToken: page.nextPageToken,
    };
  }

  async searchVersions(search: Search, { caller }: Call) {
    const { reads, models, knex } = this.#deps;
    const readable = await reads.whereModel('model_versions.name', caller);
    const options = {
      vocabulary: search.mlflowNames
        ? withMlflowNames(versionVocabulary)
        : versionVocabulary,
      tables: VERSION_TABLES,
      database: knex,
    };
    const named = parseFilter(search.filter, versionVocabulary).map(
      withOurStage,
    );
    const withPrompts = asksForPrompts(named);
    const comparisons = named.filter(
      comparison => withPrompts || !isPromptTag(comparison),
    );
    const orders = parseOrderBy(search.orderBy, versionVocabulary);
    await this.#deps.searchFacts.refreshFor([...comparisons, ...orders]);
    if (orders.length === 0) {
      orders.push({
        entity: 'attribute',
        key: 'last_updated_timestamp',
        descending: true,
      });
    }
    const has = (key: string) =>
      orders.some(order => order.entity === 'attribute' && order.key === key);
    if (!has('name'))
      orders.push({ entity: 'attribute', key: 'name', descending: false });
    if (!has('version_number')) {
      orders.push({
        entity: 'attribute',
        key: 'version_number',
        descending: true,
      });
    }
    return models.searchVersions({
      ...search,
      withPrompts,
      where: [
        ...comparisons.map(comparison =>
          compileNamed(knex, comparison, {
            ...options,
            exact: search.mlflowNames ? versionVocabulary : undefined,
          }),
        ),
        ...readable,
      ],
      terms: orders.flatMap(order => compileOrder(order, options)),
      byMetric: orders[0]?.entity === 'metric' ? orders[0].key : undefined,
    });
  }
}

/** A whole name that a client wrote is found by the index of names. */
function compileNamed(
  knex: Knex,
  comparison: Comparison,
  options: { vocabulary: Vocabulary; tables: Tables; exact?: Vocabulary },
): Sql {
  const { exact, ...others } = options;
  const named = exact && asRegistryNames(comparison);
  return named
    ? compileComparison(knex, named, { ...others, vocabulary: exact })
    : compileComparison(knex, comparison, others);
}

/** All of these of one and the same version. */
function hasVersion(knex: Knex, comparisons: Comparison[]): Sql {
  const parts = comparisons.map(comparison =>
    compileComparison(knex, comparison, {
      vocabulary: versionVocabulary,
      tables: VERSION_TABLES,
    }),
  );
  return {
    sql: `EXISTS (SELECT 1 FROM model_versions WHERE model_versions.name = registered_models.name AND ${parts
      .map(({ sql }) => sql)
      .join(' AND ')})`,
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}

/** Stages are kept in lower case; MLflow's spelling of them is understood. */
function withOurStage(comparison: Comparison): Comparison {
  const { entity, key, value } = comparison;
  if (entity !== 'attribute' || !['stage', 'current_stage'].includes(key)) {
    return comparison;
  }
  if (Array.isArray(value)) {
    return { ...comparison, value: value.map(word => word.toLowerCase()) };
  }
  return { ...comparison, value: String(value).toLowerCase() };
}

/** Prompts are left out unless a search names them; "not a prompt" is meant also of what has no such tag. */
function asksForPrompts(comparisons: Comparison[]): boolean {
  const named = comparisons.find(isPromptTag);
  return named?.operator === '=' && named.value === 'true';
}

function isPromptTag({ entity, key }: Comparison): boolean {
  return entity === 'tag' && key === PROMPT_TAG;
}

export type RegistryReadDeps = TrackingDeps & {
  models: ModelStore;
  searchFacts: SearchFacts;
};
