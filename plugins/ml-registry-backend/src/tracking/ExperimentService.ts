import { checkArtifactPath } from '@downstage/plugin-ml-registry-node';
import { InputError, NotFoundError } from '@backstage/errors';
import { makerOf, type Caller, type Call } from '@downstage/node';
import {
  parseFilter,
  parseOrderBy,
} from '@downstage/plugin-ml-registry-common';
import { requireExternal, type ExternalSource } from './externalSources';
import {
  compileComparison,
  compileOrder,
  type Tables,
} from '../search/compile';
import { experimentVocabulary } from '../search/vocabulary';
import type { Experiment, LifecycleStage } from './stores/ExperimentStore';
import { AlreadyExistsError } from '../kernel/errors';
import { OWNER_TAG } from '../access/TrackingAccess';
import type { TrackingDeps } from './trackingDeps';
import {
  checkExperimentName,
  checkKey,
  checkLength,
  limits,
} from '../kernel/validation';

const TABLES: Tables = {
  join: 'x.experiment_id = experiments.experiment_id',
  tags: 'experiment_tags',
};

/** MLflow's bounds of a search for data sets. */
const DATASET_EXPERIMENTS = 20;
const DATASETS = 1000;

type ExperimentDeps = TrackingDeps & {
  /** The owner of `model:default/<name>` in the catalog, when there is such an entity. */
  entityOwner: (name: string) => Promise<string | undefined>;
};

/** Experiments: folders of runs, each with an owner. */
export class ExperimentService {
  readonly #deps: ExperimentDeps;

  constructor(deps: ExperimentDeps) {
    this.#deps = deps;
  }

  async create(
    request: {
      name: string;
      artifactLocation?: string;
      tags: Record<string, string>;
    },
    { caller }: Call,
  ): Promise<string> {
    const { access, experiments, knex, clock } = this.#deps;
    await access.track(caller, undefined);
    const name = checkExperimentName(request.name);
    checkLocation(request.artifactLocation);
    const owner = await access.ownerFor(caller, {
      requested: request.tags[OWNER_TAG],
      // Experiments of a model are named after it.
      entityOwner: await this.#deps.entityOwner(name),
    });
    for (const [key, value] of Object.entries(request.tags))
      checkTag(key, value);
    const artifactLocation = externalLocation(request.artifactLocation, {
      sources: this.#deps.externalSources,
      owner,
    });
    const id = await knex.transaction(tx =>
      experiments.create(tx, {
        name,
        owner,
        createdBy: makerOf(caller),
        artifactLocation,
        tags: request.tags,
        now: clock().getTime(),
      }),
    );
    if (id) return id;
    const taken = await experiments.findByName(name);
    throw new AlreadyExistsError(
      taken?.lifecycleStage === 'deleted'
        ? `Experiment '${name}' already exists in deleted state. You can restore the experiment, or rename it.`
        : `Experiment(name=${name}) already exists.`,
    );
  }

  async get(experimentId: string, { caller }: Call): Promise<Experiment> {
    const seen = await this.#deps.reads.sees(
      'experiments',
      experimentId,
      caller,
    );
    return this.#find(experimentId, seen);
  }

  async getByName(name: string, { caller }: Call): Promise<Experiment> {
    await this.#deps.reads.require(caller);
    const experiment = await this.#deps.experiments.findByName(name);
    if (
      !experiment ||
      !(await this.#deps.reads.sees(
        'experiments',
        experiment.experimentId,
        caller,
      ))
    ) {
      throw new NotFoundError(`Could not find experiment with name '${name}'`);
    }
    return experiment;
  }

  async search(
    request: {
      filter?: string;
      orderBy: string[];
      lifecycleStages: LifecycleStage[];
      pageToken?: string;
      limit: number;
    },
    { caller }: Call,
  ) {
    const { knex, experiments, reads } = this.#deps;
    const readable = await reads.where('experiments', caller);
    const options = { vocabulary: experimentVocabulary, tables: TABLES };
    const orders = parseOrderBy(request.orderBy, experimentVocabulary);
    if (orders.length === 0) {
      orders.push({
        entity: 'attribute',
        key: 'creation_time',
        descending: true,
      });
    }
    return experiments.search({
      where: [
        ...parseFilter(request.filter, experimentVocabulary).map(comparison =>
          compileComparison(knex, comparison, options),
        ),
        ...readable,
      ],
      terms: [
        ...orders.flatMap(order =>
          compileOrder(order, { ...options, database: knex }),
        ),
        { sql: 'experiments.experiment_id', bindings: [], descending: true },
      ],
      lifecycleStages: request.lifecycleStages,
      pageToken: request.pageToken,
      limit: request.limit,
    });
  }

  /** Every data set that runs of these experiments read, once for each context it was read in; at most 1000. */
  async searchDatasets(experimentIds: string[], { caller }: Call) {
    const readable = await this.#deps.reads.where('runs', caller);
    const wanted = experimentIds.length;
    if (wanted === 0) {
      throw new InputError(
        'SearchDatasets request must specify at least one experiment_id.',
      );
    }
    if (wanted > DATASET_EXPERIMENTS) {
      throw new InputError(
        `SearchDatasets request cannot specify more than ${DATASET_EXPERIMENTS} experiment_ids. Received ${wanted} experiment_ids.`,
      );
    }
    return this.#deps.experiments.datasets(experimentIds, {
      limit: DATASETS,
      ofRuns: readable,
    });
  }

  async rename(
    change: { experimentId: string; name: string },
    { caller }: Call,
  ): Promise<void> {
    const { knex, experiments, clock } = this.#deps;
    const experiment = await this.#forChange(
      caller,
      change.experimentId,
      'rename experiments',
    );
    const name = checkExperimentName(change.name);
    if (experiment.lifecycleStage !== 'active') {
      throw new InputError(`Cannot rename a non-active experiment.`);
    }
    await knex.transaction(async tx => {
      const taken = await experiments.findByName(name, tx);
      if (taken && taken.experimentId !== experiment.experimentId) {
        throw new AlreadyExistsError(
          `Experiment(name=${name}) already exists.`,
        );
      }
      await experiments.rename(tx, {
        experimentId: experiment.experimentId,
        name,
        now: clock().getTime(),
      });
    });
  }

  async setLifecycle(
    change: { experimentId: string; stage: LifecycleStage },
    { caller }: Call,
  ): Promise<void> {
    const { knex, experiments, clock } = this.#deps;
    const experiment = await this.#forChange(
      caller,
      change.experimentId,
      'delete or restore experiments',
    );
    if (experiment.lifecycleStage === change.stage) {
      throw new NotFoundError(
        `No Experiment with id=${change.experimentId} exists that is not ${change.stage} already`,
      );
    }
    if (change.stage === 'deleted') {
      await this.#deps.holds.refuseWhileReferenced(
        change,
        'left without its experiment',
      );
    }
    await knex.transaction(tx =>
      experiments.setLifecycle(tx, { ...change, now: clock().getTime() }),
    );
  }

  async setTag(
    tag: { experimentId: string; key: string; value: string },
    { caller }: Call,
  ): Promise<void> {
    const experiment = await this.#forWrite(caller, tag.experimentId);
    checkActive(experiment);
    checkTag(tag.key, tag.value);
    await this.#deps.experiments.setTag(this.#deps.knex, tag);
  }

  async deleteTag(
    tag: { experimentId: string; key: string },
    { caller }: Call,
  ): Promise<void> {
    const experiment = await this.#forWrite(caller, tag.experimentId);
    checkActive(experiment);
    if (!(await this.#deps.experiments.deleteTag(this.#deps.knex, tag))) {
      throw new NotFoundError(
        `No tag with name: ${tag.key} in experiment ${tag.experimentId}`,
      );
    }
  }

  async #forChange(caller: Caller, experimentId: string, what: string) {
    this.#deps.access.refuseJobs(caller, what);
    return this.#forWrite(caller, experimentId);
  }

  /** Permission first: who may not write learns nothing about what exists. */
  async #forWrite(caller: Caller, experimentId: string): Promise<Experiment> {
    const experiment = await this.#deps.reads.known(
      { table: 'experiments', id: experimentId, caller },
      await this.#deps.experiments.find(experimentId),
    );
    await this.#deps.access.track(caller, experiment?.owner);
    return experiment ?? this.#find(experimentId, false);
  }

  async #find(experimentId: string, seen = true): Promise<Experiment> {
    if (!/^\d+$/.test(experimentId)) {
      throw new InputError(
        `Invalid experiment ID '${experimentId}': it is a number`,
      );
    }
    const experiment = await this.#deps.experiments.find(experimentId);
    if (!experiment || !seen) throw noExperiment(experimentId);
    return experiment;
  }
}

function noExperiment(experimentId: string) {
  return new NotFoundError(`No Experiment with id=${experimentId} exists`);
}

export function checkActive(thing: {
  experimentId: string;
  lifecycleStage: LifecycleStage;
}) {
  if (thing.lifecycleStage !== 'active') {
    throw new InputError(
      `The experiment ${thing.experimentId} must be in the 'active' state. Current state is ${thing.lifecycleStage}.`,
    );
  }
}

/** Within this server it is the experiment's own folder, whatever was asked for; outside it is what config allows. */
function externalLocation(
  asked: string | undefined,
  options: { sources: ExternalSource[]; owner?: string },
): string | undefined {
  if (!asked || asked.startsWith('mlflow-artifacts:')) {
    if (asked?.split(/[/\\]/).includes('..') || /%2e/i.test(asked ?? '')) {
      throw new InputError(
        `Invalid value '${asked}' for parameter 'artifact_location' supplied: it leads out of the artifacts`,
      );
    }
    return undefined;
  }
  return requireExternal(asked, {
    ...options,
    what: "Invalid value for parameter 'artifact_location' supplied",
  });
}

function checkTag(key: string, value: string) {
  checkKey('tag', key);
  checkLength(`Tag value of '${key}'`, value, limits.experimentTagValue);
}

/** An address of this server stays within its store; it is checked though another place is chosen, so that none is taken silently. */
function checkLocation(location: string | undefined): void {
  if (!location || !/^mlflow-artifacts:/i.test(location)) return;
  try {
    const path = location.replace(/^mlflow-artifacts:\/*/, '');
    if (path) checkArtifactPath(path);
    if (location.startsWith('mlflow-artifacts:')) return;
  } catch {
    // Said below.
  }
  throw new InputError(
    `Invalid value '${location}' for parameter 'artifact_location' supplied: it leads out of the store of this server, leave the location out`,
  );
}
