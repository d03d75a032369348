import type {
  Model,
  ModelVersion,
  Promotion,
  Run,
} from '@downstage/plugin-ml-registry-common';
import { NotFoundError } from '@backstage/errors';
import type { MlRegistryApi } from '../shared/api';
import { isOpen } from '../shared/domain/stages';
import { fakeRunPages } from './fakeRunPages';

/** A registry in memory for tests and for looking at the pages; pass functions to replace what one test is about. */
export function fakeRegistry(
  data: {
    models?: Model[];
    versions?: ModelVersion[];
    promotions?: Promotion[];
    runs?: Run[];
  } = {},
  replaced: Partial<MlRegistryApi> = {},
): MlRegistryApi {
  const { models = [], versions = [], promotions = [], runs = [] } = data;
  const found = <T>(item: T | undefined, what: string): T => {
    if (item === undefined) throw new NotFoundError(`There is no ${what}`);
    return item;
  };
  const model = async (name: string) =>
    found(
      models.find(item => item.name === name),
      `model '${name}'`,
    );
  const version = async (number: unknown) =>
    found(
      versions.find(item => item.version === Number(number)),
      `version ${number}`,
    );
  const promotion = async (id: string) =>
    found(
      promotions.find(item => item.id === id),
      `promotion '${id}'`,
    );
  const files = async (path: string | undefined) => ({
    items: path
      ? [{ path: `${path}/model.onnx`, isDir: false, size: 4096 }]
      : [
          { path: 'model', isDir: true },
          { path: 'confusion.png', isDir: false, size: 18_200 },
        ],
  });
  const faked: Partial<MlRegistryApi> = {
    listModels: async ({ query }) => ({
      items: models.filter(
        item =>
          item.name.includes(query.query ?? '') &&
          (query.stage !== 'candidate' || item.candidate) &&
          (query.owner !== 'nobody' || !item.owner) &&
          (!query.models || query.models.split(',').includes(item.ref)),
      ),
    }),
    countModels: async () => ({
      total: models.length,
      inProduction: models.filter(item => item.production).length,
      withCandidate: models.filter(item => item.candidate).length,
      waiting: models.filter(item => item.pendingPromotions > 0).length,
      pendingPromotions: models.reduce(
        (sum, item) => sum + item.pendingPromotions,
        0,
      ),
      unowned: models.filter(item => !item.owner).length,
      owners: models.flatMap(({ owner }) =>
        owner ? [{ owner, count: 1 }] : [],
      ),
    }),
    getModel: async ({ params }) => model(params.name),
    listModelVersions: async () => ({ items: versions }),
    getModelVersion: async ({ params }) => version(params.version),
    listVersionArtifacts: async ({ query }) => files(query.path),
    previewPromotion: async ({ params }) => {
      const { gates } = await version(params.version);
      const failed = gates.filter(gate => gate.status !== 'passed');
      return {
        gates,
        champion: models[0]?.production,
        approvalsNeeded: 1,
        allowed: failed.length === 0,
        reasons: failed.map(gate => gate.message),
      };
    },
    requestPromotion: async () => promotion('p1'),
    listPromotions: async ({ query }) => ({
      items: promotions.filter(
        item =>
          !query.state ||
          item.state === query.state ||
          (query.state === 'open' && isOpen(item)) ||
          (query.state === 'decided' &&
            !isOpen(item) &&
            item.state !== 'blocked'),
      ),
    }),
    countPromotions: async () => ({ waitingForMe: 0 }),
    getPromotion: async ({ params }) => promotion(params.id),
    approvePromotion: async ({ params }) => promotion(params.id),
    rejectPromotion: async ({ params }) => promotion(params.id),
    withdrawPromotion: async ({ params }) => promotion(params.id),
    rollbackModel: async ({ params }) => model(params.name),
    listLedger: async () => ({
      items: [
        {
          id: 1,
          name: 'tumour-malignancy',
          modelRef: 'model:default/tumour-malignancy',
          at: '2026-11-18T10:00:00.000Z',
          actor: 'user:default/eve',
          action: 'promoted',
          version: 1,
          from: 'staging',
          to: 'production',
          message: 'Version 1 went from staging to production.',
          flagged: false,
        },
      ],
    }),
    listExperiments: async () => ({
      items: [
        {
          experimentId: '1',
          name: 'tumour-malignancy',
          createdAt: '2026-11-18T09:00:00.000Z',
          updatedAt: '2026-11-20T09:00:00.000Z',
        },
      ],
    }),
    searchRuns: async () => ({ items: runs }),
    getRun: async ({ params }) =>
      found(
        runs.find(run => run.runId === params.runId),
        `run '${params.runId}'`,
      ),
    getMetricHistory: async ({ params, query }) => ({
      key: query.key,
      points: points(params.runId, query.key),
    }),
    listRunArtifacts: async ({ query }) => files(query.path),
    ...fakeRunPages(runs),
    downloadArtifact: async () => new Blob(['content']),
    ...replaced,
  };
  // A method that a test did not fake fails when it is called, and says so.
  return new Proxy(faked, {
    get: (known, key) =>
      Reflect.get(known, key) ??
      (async () => {
        throw new Error(`This fake registry has no ${String(key)}`);
      }),
  }) as MlRegistryApi;
}

/** A curve that falls, the same for the same run and metric; metrics other than the loss have one point. */
function points(runId: string, key: string) {
  const length = key === 'loss' ? 20 : 1;
  const speed = 0.1 + (runId.length % 7) / 50 + (runId.charCodeAt(3) % 5) / 40;
  return Array.from({ length }, (_, step) => ({
    step,
    at: new Date(Date.UTC(2026, 10, 20, 9, 0, step * 4)).toISOString(),
    value: Math.exp(-speed * step),
  }));
}
