import { InputError, NotFoundError } from '@backstage/errors';
import type { Caller } from '@downstage/node';
import type { Knex } from 'knex';
import type { Int64 } from '../domain/int64';
import type { LoggedMetric } from '../stores/RunDataStore';
import type { RunDataset, RunInfo } from '../stores/RunStore';
import { checkRunActive, type RunService } from './RunService';
import { isStamped } from './stampedTags';
import type { TrackingDeps } from './trackingDeps';
import { checkKey, checkLength, limits, truncate } from './validation';

type Entry = { key: string; value: string };

/**
 * Logging into runs. A batch is one transaction: all of it or nothing. Sending
 * the same again changes nothing, because clients do when a connection breaks.
 */
export class RunLogService {
  readonly #deps: TrackingDeps & { runService: RunService };

  constructor(deps: TrackingDeps & { runService: RunService }) {
    this.#deps = deps;
  }

  async log(
    caller: Caller,
    runId: string,
    batch: { metrics?: LoggedMetric[]; params?: Entry[]; tags?: Entry[] },
  ): Promise<void> {
    const { metrics = [], params = [], tags = [] } = batch;
    const { knex, runData, runs } = this.#deps;
    await this.#deps.runService.forWrite(caller, runId);
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

  async deleteTag(caller: Caller, runId: string, key: string): Promise<void> {
    await this.#write(caller, runId, async tx => {
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
    caller: Caller,
    runId: string,
    inputs: { datasets: RunDataset[]; models: string[] },
  ): Promise<void> {
    if (inputs.datasets.length > limits.datasets) {
      throw new InputError(
        `A request may hold at most ${limits.datasets} datasets`,
      );
    }
    await this.#write(caller, runId, async (tx, run) => {
      inputs.datasets.forEach(checkDataset);
      const { runData, newId } = this.#deps;
      await this.#checkModels(tx, inputs.models);
      await runData.addDatasets(tx, run, inputs.datasets, newId);
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
    caller: Caller,
    runId: string,
    models: { modelId: string; step: Int64 }[],
  ): Promise<void> {
    await this.#write(caller, runId, async tx => {
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

  async #write(
    caller: Caller,
    runId: string,
    work: (tx: Knex.Transaction, run: RunInfo) => Promise<void>,
  ): Promise<void> {
    await this.#deps.runService.forWrite(caller, runId);
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
