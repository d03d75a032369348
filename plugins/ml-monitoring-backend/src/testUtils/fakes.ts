import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type {
  Endpoint,
  PredictionLog,
} from '@downstage/plugin-ml-serving-common';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import type { MlJobsService } from '@downstage/plugin-ml-jobs-node';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import { NotFoundError } from '@backstage/errors';
import { withDuckDb } from '../duckdb/openDuckDb';

export const modelRef = 'model:default/tumour-malignancy';
export const path = { namespace: 'default', name: 'tumour-malignancy' };

/** A normal variable at equally spaced quantiles: the same numbers in every run, and no chance in them. */
export function normal(rows: number, mean = 0, spread = 1): number[] {
  return Array.from({ length: rows }, (_, index) => {
    const p = (index + 0.5) / rows;
    // Logistic approximation of the normal quantile; only its shape matters here.
    return mean + (spread * Math.log(p / (1 - p))) / 1.702;
  });
}

type Column = {
  name: string;
  type: string;
  values: (number | string | null)[];
};

/** Writes columns as a Parquet file, by DuckDB. */
export async function writeParquet(file: string, columns: Column[]) {
  mkdirSync(dirname(file), { recursive: true });
  await withDuckDb(async connection => {
    const cell = (value: number | string | null) => {
      if (value === null) return 'NULL';
      return `'${value}'`;
    };
    const lists = columns.map(
      column =>
        `unnest([${column.values.map(cell).join(',')}]::${column.type}[]) AS "${
          column.name
        }"`,
    );
    await connection.run(
      `COPY (SELECT ${lists.join(', ')}) TO '${file}' (FORMAT parquet)`,
    );
  });
}

/** A prediction log on disk, in the gateway's layout. */
export class FakeLog {
  readonly #root: string;
  #files = 0;
  #minute = 0;

  constructor(root: string) {
    this.#root = root;
  }

  get glob() {
    return join(this.#root, '**', '*.parquet');
  }

  /** Predictions one second apart, later than all before. */
  async answer(options: {
    version?: number;
    radius: (number | null)[];
    kind?: string[];
    score?: number[];
  }) {
    const { version = 1, radius, kind, score } = options;
    const start = Date.parse('2026-03-01T10:00:00Z') + this.#minute * 60_000;
    this.#minute += 60;
    this.#files += 1;
    const at = radius.map((_, index) =>
      new Date(start + index * 1000).toISOString().replace('Z', ''),
    );
    await writeParquet(
      join(
        this.#root,
        `v${version}`,
        'date=2026-03-01',
        `${this.#files}.parquet`,
      ),
      [
        { name: 'at', type: 'TIMESTAMP', values: at },
        { name: 'version', type: 'INTEGER', values: radius.map(() => version) },
        { name: 'feature.radius', type: 'DOUBLE', values: radius },
        {
          name: 'feature.kind',
          type: 'VARCHAR',
          values: kind ?? radius.map((_, index) => 'ab'[index % 2]),
        },
        {
          name: 'prediction.score',
          type: 'DOUBLE',
          values: score ?? normal(radius.length),
        },
      ],
    );
  }
}

function refuse(): never {
  throw new Error('Not expected in this test');
}

function fake<T extends object>(methods: Partial<T>): T {
  return new Proxy({} as T, {
    // A promise asks every value for `then`.
    get: (_, name) =>
      methods[name as keyof T] ?? (name === 'then' ? undefined : refuse),
  });
}

export function aVersion(change: Partial<ModelVersion> = {}): ModelVersion {
  return {
    ref: 'default/tumour-malignancy@1',
    modelRef,
    version: 1,
    stage: 'production',
    aliases: ['champion'],
    owner: 'group:default/diagnostics',
    tags: {},
    status: 'READY',
    source: 'runs:/r1/model',
    artifactUri: 'mlflow-artifacts:/1/models/m/artifacts',
    runId: 'r1',
    createdAt: '2026-02-01T00:00:00.000Z',
    createdBy: 'user:default/ann',
    metrics: {},
    params: {},
    flavors: ['onnx'],
    signature: {
      inputs: [
        { name: 'radius', type: 'double' },
        { name: 'kind', type: 'string' },
      ],
      outputs: [],
    },
    datasets: [
      {
        name: 'masses',
        digest: 'abc',
        context: 'training',
        ref: 'default/masses@1',
      },
    ],
    features: [],
    gates: [],
    ...change,
  };
}

/** The plugins monitoring calls, as far as it calls them. */
export function fakeServices(options: { log: FakeLog; training: string }) {
  const state = {
    versions: [aVersion()],
    champion: 1 as number | undefined,
    rolls: 0,
    reruns: [] as { id: string; reason?: string }[],
    commit: 'abc',
    jobs: [
      {
        id: 'job1',
        state: 'succeeded',
        source: { repository: '/projects/x', commit: 'abc' },
        definition: {
          inputs: [{ name: 'data', dataset: 'dataset:default/masses' }],
        },
        inputs: [{ name: 'data', ref: 'default/masses@1' }],
      },
    ],
    newestData: 'default/masses@1',
  };
  const log = (): PredictionLog => ({
    endpoint: 'default/tumour-malignancy',
    modelRef,
    features: [],
    predictions: [],
    parquetGlob: options.log.glob,
    openFiles: [],
    rows: 0,
    dropped: 0,
  });
  const registry = fake<MlRegistryService>({
    getModelVersion: async ({ params }) => {
      const found = state.versions.find(
        version => version.version === Number(params.version),
      );
      if (!found) throw new NotFoundError('No such version');
      return found;
    },
  });
  const serving = fake<MlServingService>({
    listEndpoints: async () => ({
      items: [
        {
          ref: 'default/tumour-malignancy',
          ...path,
          modelRef,
          owner: 'group:default/diagnostics',
          url: '',
          generation: 1,
          observedGeneration: 1,
          state: 'ready',
          conditions: [],
          variants:
            state.champion === undefined
              ? []
              : [
                  {
                    variant: 'champion',
                    version: state.champion,
                    weight: 100,
                    state: 'ready',
                  },
                ],
          access: { groups: [], anonymous: false, public: false },
          gateway: { url: '', alive: true },
          createdBy: 'user:default/ann',
          createdAt: '',
        } satisfies Endpoint,
      ],
    }),
    getPredictionLog: async () => log(),
    rollPredictionLog: async () => {
      state.rolls += 1;
      return log();
    },
  });
  const data = fake<MlDataService>({
    getDatasetVersion: async () => ({ ref: state.newestData } as never),
    resolveDatasetVersion: async () => ({
      ref: 'default/masses@1',
      format: 'parquet',
      path: options.training,
      digest: '',
      files: [{ path: options.training, size: 0, sha256: '', rows: 500 }],
      table: { folder: '', files: [options.training] },
      columns: [],
      warnings: [],
    }),
  });
  const jobs = fake<MlJobsService>({
    listJobs: async () => ({ items: state.jobs as never[] }),
    rerunJob: async ({ params, body }) => {
      state.reruns.push({ id: params.id, reason: body.reason });
      return { id: 'job2', source: { commit: state.commit } } as never;
    },
  });
  return { state, registry, serving, data, jobs };
}
