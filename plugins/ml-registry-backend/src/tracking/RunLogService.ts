import { InputError, NotFoundError } from '@backstage/errors';
import type { Caller, Call } from '@downstage/node';
import type { Knex } from 'knex';
import {
  DATASET_REF_TAG,
  datasetsNamedBy,
  normalizeDatasetRef,
} from '../kernel/datasets';
import type { Int64 } from '../kernel/int64';
import type { LoggedMetric } from './stores/RunDataStore';
import type { RunDataset, RunInfo } from './stores/RunStore';
import type { LoggedModelService } from './LoggedModelService';
import { checkRunActive, type RunService } from './RunService';
import { isStamped } from './stampedTags';
import type { TrackingDeps } from './trackingDeps';
import { checkKey, checkLength, limits, truncate } from '../kernel/validation';

type Entry = { key: string; value: string };
type RunLogDeps = TrackingDeps & {
  runService: RunService;
  loggedModelService: LoggedModelService;
};

/**
 * Logging into runs. A batch is one transaction: all of it or nothing. Sending
 * the same again changes nothing, because clients do when a connection breaks.
 */
export class RunLogService {
  readonly #deps: RunLogDeps;

  constructor(deps: RunLogDeps) {
    this.#deps = deps;
  }

  async log(
    batch: {
      runId: string;
      metrics?: LoggedMetric[];
      params?: Entry[];
      tags?: Entry[];
    },
    { caller }: Call,
  ): Promise<void> {
    const { runId, metrics = [], params = [], tags = [] } = batch;
    const { knex, runData, runs } = this.#deps;
    await this.#deps.runService.forWrite(runId, { caller });
    checkBatch({ metrics, params, tags });
    const allowed = tags.filter(tag => !isStamped(tag.key)).map(checkTag);
    const outcome = await runData.writeBatch(knex, runId, {
      metrics,
      params: params.map(checkParam),
      tags: allowed,
      name: allowed.findLast(tag => tag.key === 'mlflow.runName')?.value,
    });
    if (outcome === 'not active') {
      checkRunActive(await runs.findInfo(runId), runId);
    }
  }

  async deleteTag(
    { runId, key }: { runId: string; key: string },
    { caller }: Call,
  ): Promise<void> {
    await this.#deps.runService.forWrite(runId, { caller });
    await this.#change(runId, async tx => {
      if (isStamped(key)) {
        throw new InputError(
          `The tag ${key} is written by the server and stays`,
        );
      }
      if (!(await this.#deps.runData.deleteTag(tx, runId, key))) {
        throw new NotFoundError(
          `No tag with name: ${key} in run with id ${runId}`,
        );
      }
    });
  }

  async logInputs(
    inputs: { runId: string; datasets: RunDataset[]; models: string[] },
    { caller }: Call,
  ): Promise<void> {
    const { runId } = inputs;
    if (inputs.datasets.length > limits.datasets) {
      throw new InputError(
        `A request may hold at most ${limits.datasets} datasets`,
      );
    }
    await this.#deps.runService.forWrite(runId, { caller });
    const datasets = inputs.datasets.map(withOneSpelling);
    await this.#requireDeclared(caller, datasets);
    await this.#change(runId, async (tx, run) => {
      datasets.forEach(checkDataset);
      const { runData, newId } = this.#deps;
      await this.#checkModels(tx, inputs.models);
      await runData.addDatasets(tx, run, datasets, newId);
      await runData.linkModels(
        tx,
        runId,
        inputs.models.map(modelId => ({
          modelId,
          direction: 'input',
          step: 0,
        })),
      );
    });
  }

  async logOutputs(
    request: { runId: string; models: { modelId: string; step: Int64 }[] },
    { caller }: Call,
  ): Promise<void> {
    const { runId, models } = request;
    await this.#deps.runService.forWrite(runId, { caller });
    // The data of the run then decides who reads the files of the model, its owner too.
    for (const modelId of new Set(models.map(model => model.modelId))) {
      await this.#deps.loggedModelService.forWrite(modelId, { caller });
    }
    await this.#change(runId, async tx => {
      await this.#checkModels(
        tx,
        models.map(model => model.modelId),
      );
      await this.#deps.runData.linkModels(
        tx,
        runId,
        models.map(model => ({ ...model, direction: 'output' })),
      );
    });
  }

  /** A job may say of what it was given that it read it, also when its submitter may no longer. */
  async #requireDeclared(
    caller: Caller,
    datasets: RunDataset[],
  ): Promise<void> {
    const given = new Set(
      caller.kind === 'job'
        ? datasetsNamedBy((caller.job.attributes.datasets ?? []).join(','))
        : [],
    );
    const declared = datasets.flatMap(({ tags }) =>
      datasetsNamedBy(tags[DATASET_REF_TAG] ?? ''),
    );
    await this.#deps.content.requireDeclared(
      declared.filter(ref => !given.has(ref)),
      { caller },
    );
  }

  /** In one transaction, for callers that may write the run; refuses a run that is deleted. */
  async #change(
    runId: string,
    work: (tx: Knex.Transaction, run: RunInfo) => Promise<void>,
  ): Promise<void> {
    await this.#deps.knex.transaction(async tx => {
      const run = await this.#deps.runs.lock(tx, runId);
      checkRunActive(run, runId);
      await work(tx, run);
    });
  }

  async #checkModels(tx: Knex.Transaction, ids: string[]): Promise<void> {
    const known = await this.#deps.loggedModels.existing(tx, ids);
    const missing = ids.find(id => !known.has(id));
    if (missing)
      throw new NotFoundError(`Logged model with ID '${missing}' not found.`);
  }
}

function checkBatch(batch: {
  metrics: LoggedMetric[];
  params: Entry[];
  tags: Entry[];
}) {
  const sizes = {
    metrics: batch.metrics.length,
    params: batch.params.length,
    tags: batch.tags.length,
  };
  for (const kind of ['metrics', 'params', 'tags'] as const) {
    if (sizes[kind] > limits.batch[kind]) {
      throw new InputError(
        `A batch logging request can contain at most ${limits.batch[kind]} ${kind}. Got ${sizes[kind]} ${kind}. Please split up ${kind} across multiple requests and try again.`,
      );
    }
  }
  const total = sizes.metrics + sizes.params + sizes.tags;
  if (total > limits.batch.total) {
    throw new InputError(
      `A batch logging request can contain at most ${limits.batch.total} metrics, params and tags together. Got ${total}.`,
    );
  }
  for (const metric of batch.metrics) checkKey('metric', metric.key);
}

/** Refuses a declaration that names no version of a data set: it would guard nothing. */
function withOneSpelling(dataset: RunDataset): RunDataset {
  const declared = dataset.tags[DATASET_REF_TAG];
  if (declared === undefined) return dataset;
  const ref = normalizeDatasetRef(declared);
  return { ...dataset, tags: { ...dataset.tags, [DATASET_REF_TAG]: ref } };
}

/** The same on every database, whatever its columns take. */
function checkDataset(dataset: RunDataset) {
  for (const field of [
    'name',
    'digest',
    'schema',
    'source',
    'profile',
  ] as const) {
    checkLength(
      `Dataset ${field}`,
      dataset[field] ?? '',
      limits.dataset[field],
    );
  }
  for (const [key, value] of Object.entries(dataset.tags)) {
    checkLength('Input tag key', key, limits.inputTag.key);
    checkLength(`Input tag value of '${key}'`, value, limits.inputTag.value);
  }
}

function checkParam(param: Entry): Entry {
  return {
    key: checkKey('param', param.key),
    value: truncate(param.value, limits.paramValue),
  };
}

function checkTag(tag: Entry): Entry {
  return {
    key: checkKey('tag', tag.key),
    value: truncate(tag.value, limits.runTagValue),
  };
}
