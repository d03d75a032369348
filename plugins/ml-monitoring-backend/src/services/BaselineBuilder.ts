import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { listed, parseVersionRef, type VersionRef } from '@downstage/common';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import type { BaselineColumn } from '@downstage/plugin-ml-monitoring-common';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import { columnTypes } from '../duckdb/columnTypes';
import { measureBaseline, measurePredictions } from '../duckdb/measureBaseline';
import { literal, withDuckDb } from '../duckdb/openDuckDb';

/** A file with predictions made at training time, and how to be rid of it. */
export type EvaluationFile = { path: string; remove: () => Promise<void> };

/** Measures what a version learned from. Reads only; the caller stores the result. */
export class BaselineBuilder {
  readonly #registry: MlRegistryService;
  readonly #data: MlDataService;
  readonly #fetchEvaluation: (
    version: ModelVersion,
    options: { credentials: BackstageCredentials },
  ) => Promise<EvaluationFile | undefined>;

  constructor(options: {
    registry: MlRegistryService;
    data: MlDataService;
    fetchEvaluation: (
      version: ModelVersion,
      options: { credentials: BackstageCredentials },
    ) => Promise<EvaluationFile | undefined>;
  }) {
    this.#registry = options.registry;
    this.#data = options.data;
    this.#fetchEvaluation = options.fetchEvaluation;
  }

  /**
   * The columns of a version's inputs in its training data, and of its predictions where the run recorded them.
   *
   * @throws InputError when the version does not say what it learned from, or learned from other columns
   */
  async build(
    ref: VersionRef,
    options: { credentials: BackstageCredentials },
  ): Promise<{
    rows: number;
    columns: BaselineColumn[];
    datasetRef: string;
    message: string;
  }> {
    const { namespace, name, version: number } = ref;
    const version = await this.#registry.getModelVersion(
      { params: { namespace, name, version: number } },
      options,
    );
    const datasetRef = trainingDataOf(version);
    const { version: datasetVersion, ...dataset } = parseVersionRef(datasetRef);
    const files = await this.#data.resolveDatasetVersion(
      { params: { ...dataset, version: String(datasetVersion) } },
      options,
    );
    if (!files.table) {
      throw Object.assign(
        new InputError(
          `${datasetRef} was registered by an older release, which kept no table of it; register it again and train a version on that`,
        ),
        { code: 'ml-monitoring.dataset-without-table' },
      );
    }
    // What ml-data read, not the files: a second reader would see other types, or other rows.
    const relation = `read_parquet([${files.table.files
      .map(literal)
      .join(', ')}], hive_partitioning = false)`;
    const evaluation = await this.#fetchEvaluation(version, options);

    try {
      return await withDuckDb(async connection => {
        const found = await columnTypes(connection, relation);
        const inputs = inputsOf(version).filter(input => found.has(input));
        if (!inputs.length) {
          throw new InputError(
            `None of the inputs of ${version.ref} (${list(
              inputsOf(version),
            )}) is a column of ${datasetRef} (${list([...found.keys()])})`,
          );
        }
        const features = await measureBaseline(
          connection,
          relation,
          inputs.map(input => ({
            source: input,
            column: `feature.${input}`,
            name: input,
            role: 'feature',
          })),
        );
        const predictions = evaluation
          ? await measurePredictions(
              connection,
              `read_parquet(${literal(evaluation.path)})`,
            )
          : [];
        return {
          rows: features.rows,
          columns: [...features.columns, ...predictions],
          datasetRef,
          message: `Frozen from ${features.rows} rows of ${datasetRef}; ${
            predictions.length
              ? 'predictions from those recorded by the run'
              : 'predictions from the first full window'
          }`,
        };
      });
    } finally {
      await evaluation?.remove();
    }
  }
}

function trainingDataOf(version: ModelVersion): string {
  const known = version.datasets.filter(dataset => dataset.ref);
  const training = known.find(dataset => /train/i.test(dataset.context ?? ''));
  const ref = (training ?? known[0])?.ref;
  if (!ref) {
    throw new InputError(
      `${
        version.ref
      } does not say which dataset version it learned from (${list(
        version.datasets.map(dataset => dataset.name),
      )}); train it as a job with an input, or log the input with tags={"downstage.ref": "default/<data set>@<version>"}`,
    );
  }
  return ref;
}

function inputsOf(version: ModelVersion): string[] {
  const named = version.signature?.inputs.map(input => input.name) ?? [];
  return [...new Set([...named, ...version.features])];
}

function list(items: string[]): string {
  return listed(items) || 'none';
}
