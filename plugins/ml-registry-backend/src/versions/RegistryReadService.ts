import { InputError, NotFoundError } from '@backstage/errors';
import type { Stage } from '@downstage/plugin-ml-registry-common';
import type { Caller } from '@downstage/node';
import type { Knex } from 'knex';
import {
  compileComparison,
  compileOrder,
  type Sql,
  type Tables,
} from '../searchGrammar/compile';
import { parseFilter, type Comparison } from '../searchGrammar/parseFilter';
import { parseOrderBy } from '../searchGrammar/parseOrderBy';
import {
  modelVocabulary,
  speaksOfVersion,
  versionOfModelVocabulary,
  versionVocabulary,
} from '../searchGrammar/vocabulary';
import { groupBy } from '../stores/database';
import {
  PROMPT_TAG,
  type ModelVersionRow,
  type RegisteredModelRow,
} from '../stores/ModelStore';
import type { SearchFacts } from './SearchFacts';
import type { TrackingDeps } from './trackingDeps';

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
};

/** A registered model with the newest version of each stage that somebody put one into, as MLflow shows it. */
export type ModelWithLatest = RegisteredModelRow & {
  latest: ModelVersionRow[];
};

/** Reads of registered models and versions for MLflow clients. */
export class RegistryReadService {
  readonly #deps: TrackingDeps & { searchFacts: SearchFacts };

  constructor(deps: TrackingDeps & { searchFacts: SearchFacts }) {
    this.#deps = deps;
  }

  async getModel(caller: Caller, name: string): Promise<ModelWithLatest> {
    const { access, models } = this.#deps;
    await access.read(caller);
    const model = await models.findModel(models.database, name);
    if (!model)
      throw new NotFoundError(`Registered Model with name=${name} not found`);
    return { ...model, latest: await models.newestOfStages([name]) };
  }

  async getVersion(
    caller: Caller,
    key: { name: string; version: number },
  ): Promise<ModelVersionRow> {
    const { access, models } = this.#deps;
    await access.read(caller);
    const version = await models.findVersion(
      models.database,
      key.name,
      key.version,
    );
    if (!version) {
      throw new NotFoundError(
        `Model Version (name=${key.name}, version=${key.version}) not found`,
      );
    }
    return version;
  }

  async getVersionByAlias(caller: Caller, name: string, alias: string) {
    const model = await this.getModel(caller, name);
    const found =
      model.aliases.find(known => known.alias === alias) ??
      // A reserved word clients may ask for all the same.
      (alias === 'latest' && model.latest[0]
        ? { version: Math.max(...model.latest.map(({ version }) => version)) }
        : undefined);
    // Not a 404, as in MLflow.
    if (!found)
      throw new InputError(`Registered model alias ${alias} not found.`);
    return this.getVersion(caller, { name, version: found.version });
  }

  /** The newest version of each stage asked for; of all stages when none is named. */
  async latestVersions(
    caller: Caller,
    request: { name: string; stages: Stage[] },
  ): Promise<ModelVersionRow[]> {
    const { latest } = await this.getModel(caller, request.name);
    if (request.stages.length === 0) return latest;
    return latest.filter(({ mlflowStage }) =>
      request.stages.includes(mlflowStage),
    );
  }

  async searchModels(
    caller: Caller,
    search: Search,
  ): Promise<{ models: ModelWithLatest[]; nextPageToken?: string }> {
    const { access, models, knex } = this.#deps;
    await access.read(caller);
    const options = {
      vocabulary: modelVocabulary,
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
          .map(comparison => compileComparison(knex, comparison, options)),
        ...(ofVersion.length ? [hasVersion(knex, ofVersion)] : []),
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

  async searchVersions(caller: Caller, search: Search) {
    const { access, models, knex } = this.#deps;
    await access.read(caller);
    const options = {
      vocabulary: versionVocabulary,
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
      where: comparisons.map(comparison =>
        compileComparison(knex, comparison, options),
      ),
      terms: orders.flatMap(order => compileOrder(order, options)),
    });
  }
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
