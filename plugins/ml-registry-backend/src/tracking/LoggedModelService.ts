import { InputError, NotFoundError } from '@backstage/errors';
import { makerOf, type Caller, type Call } from '@downstage/node';
import {
  parseFilter,
  parseOrderBy,
} from '@downstage/plugin-ml-registry-common';
import {
  compileComparison,
  compileOrder,
  type Tables,
} from '../search/compile';
import { loggedModelVocabulary } from '../search/vocabulary';
import type { LoggedModel } from './stores/LoggedModelStore';
import { checkActive } from './ExperimentService';
import { randomRunName } from './randomRunName';
import type { TrackingDeps } from './trackingDeps';
import { checkKey } from '../kernel/validation';

type Entry = { key: string; value: string };
type DatasetFilter = { name: string; digest?: string };

/** Models as `log_model` leaves them: an id, params, tags, metrics and a folder of artifacts. */
export class LoggedModelService {
  readonly #deps: TrackingDeps;

  constructor(deps: TrackingDeps) {
    this.#deps = deps;
  }

  async create(
    request: {
      experimentId: string;
      name?: string;
      modelType?: string;
      sourceRunId?: string;
      params: Entry[];
      tags: Entry[];
    },
    { caller }: Call,
  ): Promise<LoggedModel> {
    const { access, experiments, runs, loggedModels, knex, clock, newId } =
      this.#deps;
    const experiment = await this.#deps.reads.known(
      { table: 'experiments', id: request.experimentId, caller },
      await experiments.find(request.experimentId),
    );
    await access.track(caller, experiment?.owner);
    if (!experiment) {
      throw new NotFoundError(
        `No Experiment with id=${request.experimentId} exists`,
      );
    }
    checkActive(experiment);
    if (request.sourceRunId) {
      const run = await runs.findInfo(request.sourceRunId);
      if (run)
        await access.trackOwn(caller, { what: `run ${run.runId}`, ...run });
    }
    const id = newId();
    const name = request.name || randomRunName(id);
    if (/[/:.%"']/.test(name)) {
      throw new InputError(
        `Invalid model name (${name}) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
      );
    }
    const modelId = `m-${id}`;
    const owner = experiment.owner ?? (await access.ownerFor(caller));
    await knex.transaction(tx =>
      loggedModels.create(tx, {
        modelId,
        experimentId: experiment.experimentId,
        name,
        artifactUri: `${experiment.artifactLocation}/models/${modelId}/artifacts`,
        creationTime: clock().getTime(),
        status: 'LOGGED_MODEL_PENDING',
        modelType: request.modelType ?? '',
        sourceRunId: request.sourceRunId ?? '',
        owner,
        createdBy: makerOf(caller),
        params: request.params,
        tags: request.tags.map(checkTag),
      }),
    );
    return this.#require(modelId);
  }

  async get(
    request: { modelId: string; allowDeleted?: boolean },
    { caller }: Call,
  ): Promise<LoggedModel> {
    const { modelId, allowDeleted = false } = request;
    if (!(await this.#deps.reads.sees('logged_models', modelId, caller))) {
      throw noLoggedModel(modelId);
    }
    return this.#require(modelId, { allowDeleted });
  }

  async finalize(
    { modelId, status }: { modelId: string; status: string },
    { caller }: Call,
  ) {
    await this.forWrite(modelId, { caller });
    const { loggedModels, knex, clock } = this.#deps;
    await loggedModels.update(knex, modelId, {
      status,
      now: clock().getTime(),
    });
    return this.#require(modelId);
  }

  async delete(modelId: string, { caller }: Call): Promise<void> {
    const { loggedModels, knex, clock } = this.#deps;
    const model = await loggedModels.find(modelId);
    if (model?.deleted) {
      await this.#mayWrite(caller, model);
      return;
    }
    await this.forWrite(modelId, { caller });
    await this.#deps.holds.refuseWhileReferenced(
      { modelId },
      'left without its logged model',
    );
    await loggedModels.update(knex, modelId, {
      deleted: true,
      now: clock().getTime(),
    });
  }

  async setTags(
    { modelId, tags }: { modelId: string; tags: Entry[] },
    { caller }: Call,
  ) {
    await this.forWrite(modelId, { caller });
    const { loggedModels, knex } = this.#deps;
    await loggedModels.set(
      knex,
      'logged_model_tags',
      modelId,
      tags.map(checkTag),
    );
    return this.#require(modelId);
  }

  async deleteTag(
    { modelId, key }: { modelId: string; key: string },
    { caller }: Call,
  ) {
    await this.forWrite(modelId, { caller });
    const { loggedModels, knex } = this.#deps;
    if (!(await loggedModels.deleteTag(knex, modelId, key))) {
      throw new NotFoundError(
        `No tag with key '${key}' found for logged model with ID '${modelId}'.`,
      );
    }
  }

  async logParams(
    { modelId, params }: { modelId: string; params: Entry[] },
    { caller }: Call,
  ) {
    await this.forWrite(modelId, { caller });
    const { loggedModels, knex } = this.#deps;
    await loggedModels.set(knex, 'logged_model_params', modelId, params);
  }

  async search(
    request: {
      experimentIds: string[];
      filter?: string;
      datasets: DatasetFilter[];
      orderBy: {
        field: string;
        descending: boolean;
        dataset?: DatasetFilter;
      }[];
      pageToken?: string;
      limit: number;
    },
    { caller }: Call,
  ) {
    const { knex, loggedModels, reads } = this.#deps;
    const readable = await reads.where('logged_models', caller);
    const vocabulary = loggedModelVocabulary;
    const where = parseFilter(request.filter, vocabulary).map(comparison =>
      compileComparison(knex, comparison, {
        vocabulary,
        tables: tablesFor(request.datasets),
      }),
    );
    const terms = request.orderBy.flatMap(({ field, descending, dataset }) => {
      const [order] = parseOrderBy([field], vocabulary);
      return compileOrder(
        { ...order, descending },
        {
          vocabulary,
          tables: tablesFor(dataset ? [dataset] : []),
          database: knex,
        },
      );
    });
    return loggedModels.search({
      ...request,
      where: [...where, ...readable],
      terms: [
        ...terms,
        { sql: 'logged_models.creation_time', bindings: [], descending: true },
        { sql: 'logged_models.model_id', bindings: [], descending: false },
      ],
    });
  }

  async forWrite(modelId: string, { caller }: Call): Promise<LoggedModel> {
    const model = await this.#deps.loggedModels.find(modelId);
    if (!model || model.deleted) {
      await this.#deps.access.track(caller, undefined);
      throw noLoggedModel(modelId);
    }
    await this.#mayWrite(caller, model);
    return model;
  }

  async #mayWrite(caller: Caller, model: LoggedModel) {
    const { access, reads } = this.#deps;
    const { modelId } = model;
    const thing = { table: 'logged_models' as const, id: modelId, caller };
    if (!(await reads.known(thing, model))) {
      await access.track(caller, undefined);
      throw noLoggedModel(modelId);
    }
    await access.trackOwn(caller, {
      what: `logged model ${modelId}`,
      ...model,
    });
  }

  async #require(modelId: string, options = { allowDeleted: false }) {
    const model = await this.#deps.loggedModels.find(modelId);
    if (!model || (model.deleted && !options.allowDeleted)) {
      throw noLoggedModel(modelId);
    }
    return model;
  }
}

function noLoggedModel(modelId: string) {
  return new NotFoundError(`Logged model with ID '${modelId}' not found.`);
}

function checkTag(tag: Entry): Entry {
  return { key: checkKey('tag', tag.key), value: tag.value };
}

/** Metrics may be asked for on certain datasets only. */
function tablesFor(datasets: DatasetFilter[]): Tables {
  const bindings: string[] = [];
  const alternatives = datasets.map(({ name, digest }) => {
    bindings.push(name);
    if (digest === undefined) return 'x.dataset_name = ?';
    bindings.push(digest);
    return '(x.dataset_name = ? AND x.dataset_digest = ?)';
  });
  return {
    join: 'x.model_id = logged_models.model_id',
    tags: 'logged_model_tags',
    params: 'logged_model_params',
    metrics: {
      table: 'logged_model_metrics',
      where: alternatives.length
        ? { sql: `(${alternatives.join(' OR ')})`, bindings }
        : undefined,
    },
  };
}
