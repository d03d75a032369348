import { createHash } from 'node:crypto';
import { InputError, NotFoundError } from '@backstage/errors';
import type { Caller, Call } from '@downstage/node';
import type { Knex } from 'knex';
import {
  parseFilter,
  parseOrderBy,
} from '@downstage/plugin-ml-registry-common';
import { canonicalJson, fieldType, isObject, parseSpelled } from './exactJson';
import { compileComparison, compileOrder } from '../search/compile';
import {
  evaluationDatasetTables,
  evaluationDatasetVocabulary,
} from '../search/evaluationDatasetVocabulary';
import type {
  EvaluationDataset,
  EvaluationDatasetStore,
  EvaluationRecord,
} from './EvaluationDatasetStore';
import { USER_TAG } from '../kernel/tags';
import type { TrackingDeps } from '../tracking/trackingDeps';
import { checkLength, limits } from '../kernel/validation';
import { tracesOf, withheldRecords } from './withheldRecords';

/** So many records are added by one request; a client sends the next ones in another. */
const RECORDS = 10_000;
/** So many bytes of JSON are one record. */
const RECORD_BYTES = 1_000_000;

type Sent = Record<string, unknown>;

/**
 * Data sets for evaluation: inputs, what is expected of the answers, and where they come from. They belong to the owner
 * of their first experiment, or to whom a new experiment of the caller would.
 */
export class EvaluationDatasetService {
  readonly #deps: TrackingDeps & { datasets: EvaluationDatasetStore };

  constructor(deps: TrackingDeps & { datasets: EvaluationDatasetStore }) {
    this.#deps = deps;
  }

  async create(
    request: {
      name: string;
      experimentIds: string[];
      tags: Record<string, string>;
    },
    { caller }: Call,
  ): Promise<EvaluationDataset & { experimentIds: string[] }> {
    const { access, datasets, knex, clock, newId } = this.#deps;
    await access.track(caller, undefined);
    const owners = await this.#ownersOf(caller, request.experimentIds);
    checkLength('Dataset name', request.name, 255);
    checkTags(request.tags);
    const now = clock().getTime();
    const made: EvaluationDataset = {
      datasetId: `d-${newId()}`,
      name: request.name,
      tags: request.tags,
      digest: digestOf(request.name, now),
      createdTime: now,
      lastUpdateTime: now,
      createdBy: request.tags[USER_TAG] && caller.actor,
      lastUpdatedBy: request.tags[USER_TAG] && caller.actor,
      owner: owners[0] ?? (await access.ownerFor(caller)),
    };
    await knex.transaction(async tx => {
      await datasets.insert(tx, made);
      await datasets.addExperiments(tx, made.datasetId, request.experimentIds);
    });
    return { ...made, experimentIds: request.experimentIds };
  }

  async get(datasetId: string, { caller }: Call): Promise<EvaluationDataset> {
    const { reads } = this.#deps;
    if (!(await reads.sees('evaluation_datasets', datasetId, caller))) {
      throw notFound(datasetId);
    }
    return this.#require(datasetId);
  }

  async delete(datasetId: string, { caller }: Call): Promise<void> {
    await this.#forWrite(caller, datasetId);
    this.#deps.access.refuseJobs(caller, 'delete evaluation data sets');
    await this.#deps.datasets.delete(datasetId);
  }

  async search(
    request: {
      experimentIds: string[];
      filter?: string;
      orderBy: string[];
      pageToken?: string;
      limit: number;
    },
    { caller }: Call,
  ) {
    const { reads, datasets, knex } = this.#deps;
    const readable = await reads.where('evaluation_datasets', caller);
    const vocabulary = evaluationDatasetVocabulary;
    const options = { vocabulary, tables: evaluationDatasetTables };
    const orders = parseOrderBy(request.orderBy, vocabulary);
    if (!orders.length) {
      orders.push({
        entity: 'attribute',
        key: 'created_time',
        descending: true,
      });
    }
    return datasets.search({
      ...request,
      where: [
        ...parseFilter(request.filter, vocabulary).map(comparison =>
          compileComparison(knex, comparison, options),
        ),
        ...readable,
      ],
      terms: [
        ...orders.flatMap(order =>
          compileOrder(order, { ...options, database: knex }),
        ),
        {
          sql: 'evaluation_datasets.dataset_id',
          bindings: [],
          descending: false,
        },
      ],
    });
  }

  async setTags(
    { datasetId, tags }: { datasetId: string; tags: Record<string, string> },
    { caller }: Call,
  ): Promise<void> {
    await this.#forWrite(caller, datasetId);
    checkTags(tags);
    const { datasets, knex, clock } = this.#deps;
    await knex.transaction(async tx => {
      await datasets.setTags(tx, datasetId, tags);
      await datasets.update(tx, datasetId, {
        lastUpdateTime: clock().getTime(),
      });
    });
  }

  async deleteTag(
    { datasetId, key }: { datasetId: string; key: string },
    { caller }: Call,
  ): Promise<void> {
    await this.#forWrite(caller, datasetId);
    await this.#deps.datasets.deleteTag(datasetId, key);
  }

  async experimentIds(datasetId: string, { caller }: Call): Promise<string[]> {
    await this.get(datasetId, { caller });
    const ids = await this.#deps.datasets.experimentIds(datasetId);
    const seen = await this.#deps.reads.among('experiments', ids, caller);
    return ids.filter(id => seen.has(id));
  }

  async changeExperiments(
    change: {
      datasetId: string;
      experimentIds: string[];
      to: 'added' | 'removed';
    },
    { caller }: Call,
  ): Promise<EvaluationDataset & { experimentIds: string[] }> {
    const { datasetId, experimentIds } = change;
    await this.#forWrite(caller, datasetId);
    const { datasets, knex } = this.#deps;
    if (change.to === 'added') {
      await this.#ownersOf(caller, experimentIds);
      await datasets.addExperiments(knex, datasetId, experimentIds);
    } else {
      await datasets.removeExperiments(datasetId, experimentIds);
    }
    return {
      ...(await this.#require(datasetId)),
      experimentIds: await datasets.experimentIds(datasetId),
    };
  }

  /**
   * Adds records, or adds to those that have the same inputs; all of them or none.
   *
   * @param request - `text` is a JSON list of records. Numbers are kept as they are spelled.
   */
  async putRecords(
    { datasetId, text }: { datasetId: string; text: string },
    { caller }: Call,
  ): Promise<{ inserted: number; updated: number }> {
    await this.#forWrite(caller, datasetId);
    const sent = readRecords(text);
    const { content, datasets, knex, clock, newId } = this.#deps;
    const runsOf = await content.runsOfTraces(
      sent.flatMap(({ source }) => tracesOf(source)),
    );
    return knex.transaction(async tx => {
      const dataset = await this.#require(datasetId, tx);
      const now = clock().getTime();
      const hashed = sent.map(record => ({
        record,
        inputHash: sha256(canonicalJson(record.inputs ?? {})),
      }));
      const known = await datasets.recordsOf(
        tx,
        datasetId,
        hashed.map(({ inputHash }) => inputHash),
      );
      let inserted = 0;
      let user: string | undefined;
      for (const { record, inputHash } of hashed) {
        const tags = objectOf(record.tags, 'tags');
        const by = USER_TAG in tags ? caller.actor : undefined;
        user = by ?? user;
        const before = known.get(inputHash);
        const sourceRuns = tracesOf(record.source).flatMap(
          traceId => runsOf.get(traceId) ?? [],
        );
        const next: EvaluationRecord = before
          ? merged(before, record, { now, by, sourceRuns })
          : {
              recordId: `dr-${newId()}`,
              datasetId,
              inputHash,
              inputs: jsonOf(record.inputs ?? {}),
              outputs: 'outputs' in record ? jsonOf(record.outputs) : '{}',
              expectations: optionalJson(record.expectations),
              tags: jsonOf(tags),
              source: optionalJson(record.source),
              sourceRuns: [...new Set(sourceRuns)],
              createdTime: now,
              lastUpdateTime: now,
              createdBy: by,
              lastUpdatedBy: by,
            };
        if (before) await datasets.updateRecord(tx, next);
        else {
          await datasets.insertRecord(tx, next);
          inserted += 1;
        }
        known.set(inputHash, next);
      }
      await this.#refresh(tx, dataset, { sent, now, user });
      return { inserted, updated: sent.length - inserted };
    });
  }

  async records(
    request: { datasetId: string; limit: number; pageToken?: string },
    { caller }: Call,
  ): Promise<{ records: EvaluationRecord[]; nextPageToken?: string }> {
    await this.get(request.datasetId, { caller });
    const after = request.pageToken ?? '0';
    if (!/^\d{1,15}$/.test(after)) {
      throw new InputError(`Invalid page token '${after.slice(0, 80)}'`);
    }
    const { records, last } = await this.#deps.datasets.listRecords(
      request.datasetId,
      { after: Number(after), limit: request.limit },
    );
    return {
      records: await withheldRecords(records, this.#deps.content, { caller }),
      ...(last !== undefined && { nextPageToken: String(last) }),
    };
  }

  async deleteRecords(
    { datasetId, ids }: { datasetId: string; ids: string[] },
    { caller }: Call,
  ): Promise<number> {
    await this.#forWrite(caller, datasetId);
    const { datasets, knex, clock } = this.#deps;
    return knex.transaction(async tx => {
      const dataset = await this.#require(datasetId, tx);
      const count = await datasets.deleteRecords(tx, datasetId, ids);
      await this.#refresh(tx, dataset, { sent: [], now: clock().getTime() });
      return count;
    });
  }

  /** What follows from the records. */
  async #refresh(
    tx: Knex.Transaction,
    dataset: EvaluationDataset,
    change: { sent: Sent[]; now: number; user?: string },
  ): Promise<void> {
    const { datasets } = this.#deps;
    const { datasetId } = dataset;
    const count = await datasets.countRecords(tx, datasetId);
    await datasets.update(tx, datasetId, {
      schema: schemaWith(dataset.schema, change.sent),
      profile: JSON.stringify({ num_records: count }),
      digest: digestOf(dataset.name, change.now),
      lastUpdateTime: change.now,
      lastUpdatedBy: change.user,
    });
  }

  /** The owners of experiments the caller may write to. */
  async #ownersOf(caller: Caller, experimentIds: string[]) {
    const { access, experiments } = this.#deps;
    const owners: (string | undefined)[] = [];
    for (const id of experimentIds) {
      const experiment = await this.#deps.reads.known(
        { table: 'experiments', id, caller },
        await experiments.find(id),
      );
      await access.track(caller, experiment?.owner);
      if (!experiment) {
        throw new NotFoundError(`No Experiment with id=${id} exists`);
      }
      owners.push(experiment.owner);
    }
    return owners;
  }

  /** Permission first: who may not write learns nothing about what exists. */
  async #forWrite(caller: Caller, datasetId: string): Promise<void> {
    const dataset = await this.#deps.reads.known(
      { table: 'evaluation_datasets', id: datasetId, caller },
      await this.#deps.datasets.find(datasetId),
    );
    await this.#deps.access.track(caller, dataset?.owner);
    if (!dataset) throw notFound(datasetId);
  }

  async #require(
    datasetId: string,
    tx?: Knex.Transaction,
  ): Promise<EvaluationDataset> {
    const dataset = await this.#deps.datasets.find(datasetId, tx);
    if (!dataset) throw notFound(datasetId);
    return dataset;
  }
}

function merged(
  before: EvaluationRecord,
  sent: Sent,
  change: { now: number; by?: string; sourceRuns: string[] },
): EvaluationRecord {
  const join = (old: string | undefined, value: unknown, name: string) => {
    const added = objectOf(value, name);
    if (!Object.keys(added).length) return old;
    return jsonOf({ ...objectOf(parseSpelled(old ?? '{}'), name), ...added });
  };
  return {
    ...before,
    ...('outputs' in sent && { outputs: jsonOf(sent.outputs) }),
    expectations: join(before.expectations, sent.expectations, 'expectations'),
    tags: join(before.tags, sent.tags, 'tags') ?? '{}',
    // Added fields may come from another trace than the rest.
    sourceRuns: [...new Set([...before.sourceRuns, ...change.sourceRuns])],
    lastUpdateTime: change.now,
    lastUpdatedBy: change.by ?? before.lastUpdatedBy,
  };
}

function readRecords(text: string): Sent[] {
  let parsed: unknown;
  try {
    parsed = parseSpelled(text);
  } catch (error) {
    throw new InputError("The parameter 'records' is not JSON", error);
  }
  if (!Array.isArray(parsed)) {
    throw new InputError("The parameter 'records' is a JSON list of records");
  }
  if (parsed.length > RECORDS) {
    throw new InputError(
      `A request adds at most ${RECORDS} records, found ${parsed.length}`,
    );
  }
  return parsed.map((record, index) => {
    if (!isObject(record)) {
      throw new InputError(`Record ${index} is not a JSON object`);
    }
    const bytes = JSON.stringify(record).length;
    if (bytes > RECORD_BYTES) {
      throw new InputError(
        `Record ${index} has ${bytes} bytes; at most ${RECORD_BYTES} are kept`,
      );
    }
    objectOf(record.inputs, 'inputs');
    objectOf(record.expectations, 'expectations');
    return record;
  });
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (isObject(value)) return value;
  throw new InputError(`The ${name} of a record are a JSON object`);
}

/** Fields keep the type they had first. */
function schemaWith(known: string | undefined, sent: Sent[]): string {
  const schema: Record<string, unknown> = known
    ? objectOf(JSON.parse(known), 'fields')
    : { inputs: {}, outputs: {}, expectations: {}, version: '1.0' };
  for (const part of ['inputs', 'outputs', 'expectations']) {
    for (const record of sent) {
      const value = record[part];
      const fields = schema[part];
      if (value === undefined || value === null) continue;
      if (!isObject(value)) {
        if (isObject(fields) && !Object.keys(fields).length) {
          schema[part] = fieldType(value);
        }
        continue;
      }
      if (!isObject(fields)) continue;
      for (const [name, field] of Object.entries(value)) {
        if (!Object.hasOwn(fields, name)) fields[name] = fieldType(field);
      }
    }
  }
  return JSON.stringify(schema);
}

function checkTags(tags: Record<string, string>) {
  for (const [key, value] of Object.entries(tags)) {
    checkLength('Dataset tag key', key, limits.key);
    checkLength(`Dataset tag value of '${key}'`, value, 5000);
  }
}

/** No database keeps a zero byte. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value).replaceAll('\\u0000', '');
}

function optionalJson(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : jsonOf(value);
}

function digestOf(name: string, time: number): string {
  return sha256(`${name}:${time}`).slice(0, 8);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function notFound(datasetId: string) {
  return new NotFoundError(
    `Evaluation dataset with id '${datasetId}' not found`,
  );
}
