import type { Knex } from 'knex';
import {
  DATASET_REF_TAG,
  GIVEN_DATASETS_TAG,
  datasetsNamedBy,
} from '../kernel/datasets';
import { PARENT_RUN, SOURCE_RUN } from '../kernel/tags';
import { oneOf, type Sql } from '../kernel/database/sql';
import { chunks, experimentNumbers } from '../kernel/database/database';

/** So many levels of runs above a run are looked at, and so many runs in all of them. */
const DEEPEST = 50;
const MOST_ABOVE = 10_000;

/** Stands for the data of runs that were not looked at, as too many are above a run: nobody may read it. */
export const UNKNOWN_DATA = 'data of runs too far above it';

type Named = { id: string; refs: string };

/** Which data sets of the portal stand behind runs and logged models, as `dataset:default/breast-masses`. */
export class DataRefStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /**
   * By run: what its inputs declare, and what its job was given. It adds the same of all runs that the run is, or ever
   * was, a child of. {@link UNKNOWN_DATA} is among them where there are more runs above it than are looked at.
   */
  async ofRuns(runIds: string[]): Promise<Map<string, string[]>> {
    const starts = [...new Set(runIds)];
    const { parents, unseen } = await this.#parentsOf(starts);
    const named = await this.#namedBy([...parents.keys()]);
    const found = new Map<string, string[]>();
    for (const runId of starts) {
      const family = [...withAncestors(runId, parents)];
      const refs = family.flatMap(id => named.get(id) ?? []);
      if (family.some(id => unseen.has(id))) refs.push(UNKNOWN_DATA);
      if (refs.length) found.set(runId, [...new Set(refs)]);
    }
    return found;
  }

  async #namedBy(runIds: string[]): Promise<Map<string, string[]>> {
    const isOne = oneOf(this.#knex, 'run_id', runIds);
    const inputs: { id: string; tags: string }[] = await this.#knex(
      'run_datasets',
    )
      .whereRaw(isOne.sql, isOne.bindings)
      .where('tags', 'like', `%${DATASET_REF_TAG}%`)
      .select('run_id as id', 'tags');
    const given: Named[] = await this.#knex('run_tags')
      .whereRaw(isOne.sql, isOne.bindings)
      .where('key', GIVEN_DATASETS_TAG)
      .select('run_id as id', 'value as refs');
    return byId([...inputs.map(declared), ...given]);
  }

  /**
   * A sweep declares its data in the parent and logs its plots in the children. Answers the parents of these runs and
   * of all runs above them. Also answers which runs were not looked at any more.
   */
  async #parentsOf(
    runIds: string[],
  ): Promise<{ parents: Map<string, string[]>; unseen: Set<string> }> {
    const parents = new Map<string, string[]>();
    const most = runIds.length + MOST_ABOVE;
    let next = new Set(runIds);
    for (let level = 0; level <= DEEPEST && next.size; level += 1) {
      if (parents.size + next.size > most) break;
      for (const runId of next) parents.set(runId, []);
      const above = new Set<string>();
      for (const { id, parent } of await this.#linksOf([...next])) {
        parents.get(id)?.push(parent);
        if (!parents.has(parent)) above.add(parent);
      }
      next = above;
    }
    return { parents, unseen: next };
  }

  /** The parents that runs name now, and those that they named once: a tag that changed opens nothing. */
  async #linksOf(runIds: string[]): Promise<{ id: string; parent: string }[]> {
    const isOne = oneOf(this.#knex, 'run_id', runIds);
    const now: { id: string; parent: string }[] = await this.#knex('run_tags')
      .whereRaw(isOne.sql, isOne.bindings)
      .where('key', PARENT_RUN)
      .select('run_id as id', 'value as parent');
    const once: { id: string; parent: string }[] = await this.#knex(
      'run_parents',
    )
      .whereRaw(isOne.sql, isOne.bindings)
      .select('run_id as id', 'parent_id as parent');
    return [...now, ...once];
  }

  /**
   * The same, with what other runs say of the same inputs. Runs of one experiment share the profile of an input of one
   * name and digest. So the data behind one run counts for the profile in all of them.
   */
  async ofInputs(runIds: string[]): Promise<Map<string, string[]>> {
    const found = await this.ofRuns(runIds);
    for (const part of chunks([...new Set(runIds)])) {
      const links: { runId: string; datasetId: string }[] = await this.#knex(
        'run_datasets',
      )
        .whereIn('run_id', part)
        .select('run_id as runId', 'dataset_id as datasetId');
      const shared = await this.#ofDatasets(
        links.map(({ datasetId }) => datasetId),
      );
      for (const { runId, datasetId } of links) {
        const refs = shared.get(datasetId);
        if (!refs) continue;
        found.set(runId, [...new Set([...(found.get(runId) ?? []), ...refs])]);
      }
    }
    return found;
  }

  /** The runs that a logged model came from: the one that it names, and those that name it as their output. */
  async runsOfLoggedModel(modelId: string): Promise<string[]> {
    const model: { source_run_id: string } | undefined = await this.#knex(
      'logged_models',
    )
      .where('model_id', modelId)
      .first('source_run_id');
    const outputs: { run_id: string }[] = await this.#knex('run_models')
      .where({ model_id: modelId, direction: 'output' })
      .select('run_id');
    return [
      ...(model?.source_run_id ? [model.source_run_id] : []),
      ...outputs.map(({ run_id }) => run_id),
    ];
  }

  /** By trace, the runs that it was made in or linked to. */
  async runsOfTraces(traceIds: string[]): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const part of chunks([...new Set(traceIds)])) {
      const made: { id: string; runId: string }[] = await this.#knex(
        'trace_metadata',
      )
        .whereIn('trace_id', part)
        .where('key', SOURCE_RUN)
        .select('trace_id as id', 'value as runId');
      const linked: { id: string; runId: string }[] = await this.#knex(
        'trace_runs',
      )
        .whereIn('trace_id', part)
        .select('trace_id as id', 'run_id as runId');
      for (const { id, runId } of [...made, ...linked]) {
        found.set(id, [...(found.get(id) ?? []), runId]);
      }
    }
    return found;
  }

  /** The runs that traces of these experiments were made in or linked to, each once. */
  async runsWithTraces(experimentIds: string[]): Promise<string[]> {
    const found = new Set<string>();
    for (const part of chunks(experimentNumbers(experimentIds))) {
      const made: { runId: string }[] = await this.#knex('trace_metadata')
        .join('traces', 'traces.trace_id', 'trace_metadata.trace_id')
        .whereIn('traces.experiment_id', part)
        .where('trace_metadata.key', SOURCE_RUN)
        .distinct('trace_metadata.value as runId');
      const linked: { runId: string }[] = await this.#knex('trace_runs')
        .join('traces', 'traces.trace_id', 'trace_runs.trace_id')
        .whereIn('traces.experiment_id', part)
        .distinct('trace_runs.run_id as runId');
      for (const { runId } of [...made, ...linked]) found.add(runId);
    }
    return [...found];
  }

  /** The condition that a trace was neither made in one of these runs nor linked to one. */
  tracesOutside(runIds: string[]): Sql {
    const made = oneOf(this.#knex, 'g.value', runIds);
    const linked = oneOf(this.#knex, 'g.run_id', runIds);
    return {
      sql: `(NOT EXISTS (SELECT 1 FROM trace_metadata g WHERE g.trace_id = traces.trace_id AND g.key = ? AND ${made.sql})
        AND NOT EXISTS (SELECT 1 FROM trace_runs g WHERE g.trace_id = traces.trace_id AND ${linked.sql}))`,
      bindings: [SOURCE_RUN, ...made.bindings, ...linked.bindings],
    };
  }

  /** Who owns each run; runs without an owner are left out. */
  async ownersOf(runIds: string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const part of chunks([...new Set(runIds)])) {
      const rows: { id: string; owner: string }[] = await this.#knex('runs')
        .whereIn('run_id', part)
        .whereNotNull('owner')
        .select('run_id as id', 'owner');
      for (const { id, owner } of rows) found.set(id, owner);
    }
    return found;
  }

  async #ofDatasets(datasetIds: string[]): Promise<Map<string, string[]>> {
    const found: Named[] = [];
    for (const part of chunks([...new Set(datasetIds)])) {
      const tags: { id: string; tags: string }[] = await this.#knex(
        'run_datasets',
      )
        .whereIn('dataset_id', part)
        .where('tags', 'like', `%${DATASET_REF_TAG}%`)
        .distinct('dataset_id as id', 'tags');
      const given: Named[] = await this.#knex('run_datasets')
        .join('run_tags', 'run_tags.run_id', 'run_datasets.run_id')
        .whereIn('dataset_id', part)
        .where('run_tags.key', GIVEN_DATASETS_TAG)
        .distinct('dataset_id as id', 'run_tags.value as refs');
      found.push(...tags.map(declared), ...given);
    }
    const refs = byId(found);
    for (const [id, above] of await this.#aboveDatasets(datasetIds)) {
      refs.set(id, [...new Set([...(refs.get(id) ?? []), ...above])]);
    }
    return refs;
  }

  /** By input, what stands behind the parents of the runs that logged it. */
  async #aboveDatasets(datasetIds: string[]): Promise<Map<string, string[]>> {
    const links: { id: string; parent: string }[] = [];
    for (const part of chunks([...new Set(datasetIds)])) {
      links.push(
        ...(await this.#knex('run_datasets')
          .join('run_tags', 'run_tags.run_id', 'run_datasets.run_id')
          .whereIn('dataset_id', part)
          .where('run_tags.key', PARENT_RUN)
          .distinct('dataset_id as id', 'run_tags.value as parent')),
        ...(await this.#knex('run_datasets')
          .join('run_parents', 'run_parents.run_id', 'run_datasets.run_id')
          .whereIn('dataset_id', part)
          .distinct('dataset_id as id', 'run_parents.parent_id as parent')),
      );
    }
    const found = new Map<string, string[]>();
    if (!links.length) return found;
    const refsOf = await this.ofRuns(links.map(({ parent }) => parent));
    for (const { id, parent } of links) {
      const refs = refsOf.get(parent);
      if (refs) found.set(id, [...(found.get(id) ?? []), ...refs]);
    }
    return found;
  }
}

/** A run and all runs above it, each once. */
function withAncestors(
  runId: string,
  parents: Map<string, string[]>,
): Set<string> {
  const family = new Set([runId]);
  // A set walks over what is added on the way, too.
  for (const id of family) {
    for (const parent of parents.get(id) ?? []) family.add(parent);
  }
  return family;
}

function declared({ id, tags }: { id: string; tags: string }): Named {
  const read: Record<string, string> = JSON.parse(tags);
  return { id, refs: read[DATASET_REF_TAG] ?? '' };
}

function byId(found: Named[]): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const { id, refs } of found) {
    const known = result.get(id) ?? [];
    result.set(id, [...new Set([...known, ...datasetsNamedBy(refs)])]);
  }
  return result;
}
