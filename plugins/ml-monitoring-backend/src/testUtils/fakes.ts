import { mkdirSync, openAsBlob, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  predictionIdOf,
  type Endpoint,
  type PredictionLog,
  type PredictionLogFile,
} from '@downstage/plugin-ml-serving-common';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import type { MlJobsService } from '@downstage/plugin-ml-jobs-node';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import { NotFoundError } from '@backstage/errors';
import { callerOf } from '@downstage/node';
import { withDuckDb } from '../duckdb/openDuckDb';

export const modelRef = 'model:default/tumour-malignancy';
const path = { namespace: 'default', name: 'tumour-malignancy' };

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
  readonly #files: { version: number; file: string; at: string[] }[] = [];
  #minute = 0;
  /** Whether readers find the files on their own machine; else they have to fetch them. */
  isHere = true;
  /** How many files were fetched. */
  fetched = 0;

  constructor(root: string) {
    this.#root = root;
  }

  get glob() {
    return join(this.#root, '**', '*.parquet');
  }

  /** As serving lists them: newest first. */
  list(version: number): PredictionLogFile[] {
    return this.#files
      .filter(one => one.version === version)
      .map(({ file, at }, index) => ({
        id: `v${version}/2026-03-01/${index}.parquet`,
        version,
        day: '2026-03-01',
        bytes: statSync(file).size,
        rows: at.length,
        url: file,
        // A path of another machine is no file here, or another one.
        path: this.isHere ? file : __filename,
      }))
      .reverse();
  }

  count(version: number, after = ''): number {
    return this.#files
      .filter(file => file.version === version)
      .flatMap(({ at }) => at)
      .filter(at => at > after.replace('Z', '')).length;
  }

  /** Reads a file as over HTTP. */
  async fetch({ url }: { url: string }): Promise<Response> {
    this.fetched += 1;
    return new Response(await openAsBlob(url));
  }

  /** Predictions one second apart, later than all before. */
  async answer(options: {
    version?: number;
    radius: (number | null)[];
    kind?: string[];
    score?: number[];
    /** The id of the answer; logs of older releases have none. */
    id?: string;
  }) {
    const { version = 1, radius, kind, score, id } = options;
    const start = Date.parse('2026-03-01T10:00:00Z') + this.#minute * 60_000;
    this.#minute += 60;
    const at = radius.map((_, index) =>
      new Date(start + index * 1000).toISOString().replace('Z', ''),
    );
    const file = join(
      this.#root,
      `v${version}`,
      'date=2026-03-01',
      `${this.#files.length}.parquet`,
    );
    await writeParquet(file, [
      { name: 'at', type: 'TIMESTAMP', values: at },
      { name: 'version', type: 'INTEGER', values: radius.map(() => version) },
      ...(id === undefined
        ? []
        : [
            {
              name: 'prediction_id',
              type: 'VARCHAR',
              values: radius.map((_, row) => predictionIdOf(id, row)),
            },
          ]),
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
    ]);
    this.#files.push({ version, file, at });
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

function endpointState(state: {
  champion: number | undefined;
  gatewayStarts: boolean;
}): Endpoint['state'] {
  if (state.gatewayStarts) return 'failed';
  return state.champion === undefined ? 'waiting' : 'ready';
}

/** The plugins monitoring calls, as far as it calls them. */
export function fakeServices(options: { log: FakeLog; training: string }) {
  const state = {
    versions: [aVersion()],
    champion: 1 as number | undefined,
    /** The gateway is being started, and no version answers. */
    gatewayStarts: false,
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
    /** Who may read the data, where it is guarded. */
    readers: undefined as string[] | undefined,
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
          state: endpointState(state),
          conditions: [],
          variants:
            state.champion === undefined || state.gatewayStarts
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
    countPredictions: async ({ query }) => ({
      rows: options.log.count(Number(query.version), query.after),
      openRows: 0,
    }),
    listPredictionLogFiles: async ({ query = {} }) => {
      const all = options.log.list(Number(query.version));
      // Pages of one, so that a reader of the first page alone is found out.
      const start = Number(query.cursor ?? 0);
      return {
        items: all.slice(start, start + 1),
        ...(start + 1 < all.length && { nextCursor: String(start + 1) }),
      };
    },
    getPredictionLog: async () => log(),
    rollPredictionLog: async () => {
      state.rolls += 1;
      return log();
    },
  });
  const data = fake<MlDataService>({
    checkDatasetAccess: async ({ body }, { credentials }) => ({
      items: body.datasets.map(dataset => {
        if (!state.readers) return { dataset, mayRead: true, because: 'open' };
        return state.readers.includes(callerOf(credentials).actor)
          ? { dataset, mayRead: true, because: 'owner' }
          : {
              dataset,
              mayRead: false,
              message: `${dataset} is restricted. Ask group:default/diagnostics for a grant`,
            };
      }),
    }),
    getDatasetVersion: async () => ({ ref: state.newestData } as never),
    resolveDatasetVersion: async () => ({
      ref: 'default/masses@1',
      format: 'parquet',
      path: options.training,
      digest: '',
      files: [{ path: options.training, size: 0, sha256: '', rows: 500 }],
      table: { folder: '', files: [options.training] },
      addresses: { files: [] },
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
