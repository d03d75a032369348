import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import {
  createMockDirectory,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import type { Contract, TokenScope } from '@downstage/common';
import mlData from '@downstage/plugin-ml-data-backend';
import { mlDataContract } from '@downstage/plugin-ml-data-common';
import mlJobs from '@downstage/plugin-ml-jobs-backend';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import mlMonitoring from '@downstage/plugin-ml-monitoring-backend';
import { mlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
import mlRegistry from '@downstage/plugin-ml-registry-backend';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import mlServing from '@downstage/plugin-ml-serving-backend';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';
import mlTokens from '@downstage/plugin-ml-tokens-backend';
import { mlTokensContract } from '@downstage/plugin-ml-tokens-common';
import request from 'supertest';
import { sampleOf } from './__testUtils__/sampleOf';
import { signedPeople, signedToken } from './__testUtils__/signedPeople';

jest.setTimeout(300_000);
const directory = createMockDirectory();
const diagnostics = 'group:default/diagnostics';
const credit = 'group:default/credit';
const groups: Record<string, string> = { ann: diagnostics, cleo: credit };

/** Which token may use an operation at all: the scope, or `person` where no token may, or `service`. */
type Needs = TokenScope | 'person' | 'service' | 'any';
type Row = {
  needs: Needs;
  /** It changes something, so that people of another team are refused. */
  changes?: boolean;
  query?: Record<string, string | number>;
  body?: object;
};
const reads = (query?: Row['query']): Row => ({ needs: 'read', query });
const changes = (needs: Needs, body?: object): Row => ({
  needs,
  changes: true,
  body,
});

/** One row an operation. An operation without a row fails, so that next year's operation is in it. */
const table: Record<string, { contract: Contract; rows: Record<string, Row> }> =
  {
    'ml-data': {
      contract: mlDataContract,
      rows: {
        listDatasets: reads(),
        handOverDataset: changes('person', { owner: credit }),
        listDatasetVersions: reads(),
        getDatasetVersion: reads(),
        registerDatasetVersion: changes('data'),
        startDatasetRegistration: changes('data'),
        listDatasetRegistrations: reads(),
        getDatasetRegistration: reads(),
        cancelDatasetRegistration: changes('data'),
        getDatasetAccess: reads(),
        checkDatasetAccess: reads(),
        listDatasetGrants: reads(),
        grantDatasetAccess: changes('person'),
        revokeDatasetGrant: changes('person'),
        diffDatasetVersions: reads({ from: 1, to: 2 }),
        resolveDatasetVersion: reads(),
      },
    },
    'ml-jobs': {
      contract: mlJobsContract,
      rows: {
        submitJob: changes('train', {
          source: { repository: '/nowhere' },
          owner: diagnostics,
        }),
        listJobs: reads(),
        getJob: reads(),
        cancelJob: changes('train'),
        rerunJob: changes('train'),
        getJobLog: reads(),
        getQueue: reads(),
        introspectToken: { needs: 'service' },
      },
    },
    'ml-serving': {
      contract: mlServingContract,
      rows: {
        listEndpoints: reads(),
        countEndpoints: reads(),
        judgeVersion: reads(),
        createEndpoint: changes('serve', { modelRef: 'model:default/churn' }),
        getEndpoint: reads(),
        updateEndpoint: changes('serve'),
        deleteEndpoint: changes('serve'),
        predict: { needs: 'predict' },
        // Answers for the asker itself.
        decideAccess: { needs: 'any' },
        getTraffic: reads(),
        getPredictionLog: reads(),
        rollPredictionLog: changes('serve'),
      },
    },
    'ml-monitoring': {
      contract: mlMonitoringContract,
      rows: {
        listMonitors: reads(),
        countMonitors: reads(),
        getMonitor: reads(),
        listWindows: reads(),
        getWindow: reads(),
        getBaseline: reads(),
        evaluateMonitor: changes('monitor'),
        previewRetraining: reads(),
        retrainModel: changes('monitor'),
      },
    },
    'ml-tokens': {
      contract: mlTokensContract,
      rows: {
        listTokens: { needs: 'person' },
        createToken: { needs: 'person' },
        revokeToken: { needs: 'person' },
        getCurrentToken: { needs: 'any' },
      },
    },
    'ml-registry': {
      contract: mlRegistryContract,
      rows: {
        listModels: reads(),
        countModels: reads(),
        getModel: reads(),
        listModelVersions: reads(),
        getModelVersion: reads(),
        listVersionArtifacts: reads(),
        previewPromotion: reads({ stage: 'production' }),
        requestPromotion: changes('promote'),
        listPromotions: reads(),
        getPromotion: reads(),
        approvePromotion: changes('person'),
        rejectPromotion: changes('person'),
        withdrawPromotion: changes('promote'),
        rollbackModel: changes('promote'),
        listModelHistory: reads(),
        listExperiments: reads(),
        searchRuns: reads(),
        getRun: reads(),
        updateRun: changes('track'),
        getMetricHistory: reads({ key: 'auc' }),
        listRunArtifacts: reads(),
        getVersionCard: reads(),
        saveVersionCard: changes('register'),
        getModelSignature: reads(),
        verifyModelSignature: changes('register'),
        compareVersions: reads({ left: 1, right: 2 }),
        getReproduction: reads(),
        reproduceVersion: changes('person'),
        claimModel: changes('register', { owner: credit }),
        listLedger: reads(),
        productionOn: reads({ at: '2026-01-01T00:00:00Z' }),
        productionChanges: reads({
          from: '2026-01-01T00:00:00Z',
          to: '2026-02-01T00:00:00Z',
        }),
        previewGarbage: changes('person'),
        listGarbageCollections: { needs: 'person' },
        getGarbageCollection: { needs: 'person' },
        collectGarbage: changes('person'),
        getRunTable: reads(),
        listRunFields: reads(),
        getMetricSeries: reads(),
        listRunModels: reads(),
        deleteRuns: changes('track'),
        restoreRuns: changes('track'),
        listRunViews: reads({ scope: 'experiment:0' }),
        saveRunView: { needs: 'track' },
        deleteRunView: { needs: 'track' },
        listWebhooks: { needs: 'person' },
        createWebhook: changes('person'),
        updateWebhook: changes('person'),
        deleteWebhook: changes('person'),
        testWebhook: changes('person'),
        listWebhookDeliveries: { needs: 'person' },
        redeliverWebhook: changes('person'),
        startImport: changes('person'),
        listImports: { needs: 'person' },
        getImport: { needs: 'person' },
        listImportOmissions: { needs: 'person' },
        cancelImport: changes('person'),
        searchModelVersions: reads(),
        waiveGate: changes('person'),
        breakGlass: changes('person'),
      },
    },
  };

const parameters: Record<string, string> = {
  namespace: 'default',
  name: 'churn',
  version: '1',
};
const operations = Object.entries(table).flatMap(
  ([pluginId, { contract, rows }]) =>
    Object.entries(contract).map(([name, operation]) => ({
      id: `${pluginId} ${name}`,
      pluginId,
      operation,
      row: rows[name] as Row | undefined,
    })),
);
type Operation = (typeof operations)[number];

const entity = (kind: string, name: string, owner?: string, spec = {}) => ({
  apiVersion: 'downstage.dev/v1alpha1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: { ...spec, ...(owner && { owner }) },
  relations: owner ? [{ type: 'ownedBy', targetRef: owner }] : [],
});

const person = (name: string, group: string) => ({
  ...entity('User', name),
  relations: [{ type: 'memberOf', targetRef: group }],
});

describe('who may use each operation of every contract', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  const entries: { eventId: string; meta?: Record<string, unknown> }[] = [];

  beforeAll(async () => {
    const audit = mockServices.auditor.mock();
    audit.createEvent.mockImplementation(async event => {
      entries.push({ eventId: event.eventId, meta: event.meta });
      return { success: async () => {}, fail: async () => {} };
    });
    backend = await startTestBackend({
      features: [
        authServiceFactory,
        httpAuthServiceFactory,
        signedPeople,
        mlTokens,
        mlRegistry,
        mlJobs,
        mlData,
        mlServing,
        mlMonitoring,
        catalogServiceMock.factory({
          entities: [
            person('ann', diagnostics),
            person('cleo', credit),
            entity('Group', 'diagnostics'),
            entity('Group', 'credit'),
            entity('Model', 'churn', diagnostics),
            entity('Model', 'tumour', diagnostics),
            entity('Dataset', 'churn', diagnostics, { type: 'table' }),
          ],
        }),
        mockServices.events.factory(),
        audit.factory,
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: 'http://portal' },
            backend: {
              auth: { externalAccess: [{ type: 'downstage', options: {} }] },
            },
            downstage: { dataDir: directory.path },
            mlJobs: { local: { enabled: false } },
            mlServing: { gateway: { port: 0 } },
          },
        }),
        mockServices.userInfo.mock({
          getUserInfo: async credentials => {
            const { userEntityRef } = credentials.principal as {
              userEntityRef: string;
            };
            const name = userEntityRef.split('/')[1];
            return {
              userEntityRef,
              ownershipEntityRefs: [userEntityRef, groups[name]],
            };
          },
        }).factory,
      ],
    });
    const { secret } = await aToken(['register']);
    await request(backend.server)
      .post('/api/ml-registry/mlflow/api/2.0/mlflow/registered-models/create')
      .set('authorization', `Bearer ${secret}`)
      .send({ name: 'churn' })
      .expect(200);
  });
  afterAll(() => backend.stop());

  let made = 0;
  async function aToken(scopes: TokenScope[], more: object = {}) {
    made += 1;
    const response = await request(backend.server)
      .post('/api/ml-tokens/v1/tokens')
      .set('authorization', `Bearer ${signedToken('user:default/ann')}`)
      .send({ name: `matrix-${made}`, scopes, ...more });
    expect(response.status).toBe(201);
    return response.body as { secret: string; token: { id: string } };
  }

  async function ask(
    { id, pluginId, operation, row }: Operation,
    token?: string,
  ): Promise<{ status: number; text: string }> {
    if (!row) {
      throw new Error(`${id} has no row in the table: say who may use it`);
    }
    const path = operation.path.replace(
      /:(\w+)/g,
      (_, key) => parameters[key] ?? 'none',
    );
    const call = request(backend.server)
      [operation.method](`/api/${pluginId}${path}`)
      .query(row.query ?? {});
    if (token) call.set('authorization', `Bearer ${token}`);
    const body =
      row.body ??
      (operation.body ? (sampleOf(operation.body) as object) : undefined);
    const { status, text } = await (body ? call.send(body) : call);
    return { status, text };
  }

  /** Asks every operation; answers those whose status is another than expected. */
  async function differing(
    token: string | undefined,
    expected: (operation: Operation) => number[] | undefined,
  ) {
    const wrong: string[] = [];
    for (const operation of operations) {
      const allowed = expected(operation);
      if (!allowed) continue;
      const { status, text } = await ask(operation, token);
      if (!allowed.includes(status)) {
        wrong.push(`${operation.id}: ${status} ${text.slice(0, 200)}`);
      }
    }
    return wrong;
  }

  it('is said in the table, for each operation and no other', () => {
    const missing = operations.filter(({ row }) => !row).map(({ id }) => id);
    const unknown = Object.entries(table).flatMap(
      ([pluginId, { contract, rows }]) =>
        Object.keys(rows)
          .filter(name => !(name in contract))
          .map(name => `${pluginId} ${name}`),
    );
    expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
  });

  it('is nobody without a token, and nobody with a wrong, ended or revoked one', async () => {
    expect(await differing(undefined, () => [401])).toEqual([]);
    expect(await differing('nonsense', () => [401])).toEqual([]);
    expect(await differing(endedToken(), () => [401])).toEqual([]);
    const { secret, token } = await aToken(['read', 'track', 'serve']);
    await request(backend.server)
      .post(`/api/ml-tokens/v1/tokens/${token.id}/revoke`)
      .set('authorization', `Bearer ${signedToken('user:default/ann')}`)
      .expect(200);
    // Answers about tokens are kept for two seconds; this one was never asked about.
    expect(await differing(secret, () => [401])).toEqual([]);
  });

  it('is no token of another scope, and no token at all where a person is wanted', async () => {
    const { secret: predict } = await aToken(['predict']);
    expect(
      await differing(predict, ({ row }) =>
        row?.needs === 'predict' || row?.needs === 'any' ? undefined : [403],
      ),
    ).toEqual([]);
    const { secret: read } = await aToken(['read']);
    expect(
      await differing(read, ({ row }) =>
        row?.needs === 'read' || row?.needs === 'any' ? undefined : [403],
      ),
    ).toEqual([]);
  });

  it('is no other team, for what changes something of ours', async () => {
    expect(
      await differing(signedToken('user:default/cleo'), ({ row }) =>
        row?.changes ? [400, 403, 404, 409] : undefined,
      ),
    ).toEqual([]);
  });

  it("is no token of another model's, for what changes this one", async () => {
    const { secret } = await aToken(
      ['track', 'register', 'promote', 'serve', 'monitor', 'train', 'data'],
      { binding: { model: 'model:default/tumour' } },
    );
    expect(
      await differing(secret, ({ row }) =>
        row?.changes ? [400, 403, 404, 409] : undefined,
      ),
    ).toEqual([]);
  });

  it('never ends in an internal error, for nobody and for anybody', async () => {
    const fine = (_: Operation) =>
      Array.from({ length: 300 }, (__, index) => 200 + index).concat([
        501, 503, 507,
      ]);
    expect(await differing(signedToken('user:default/ann'), fine)).toEqual([]);
  });

  it('is written down for each refused change, with the person and never as the plugin', () => {
    const nameless = entries.filter(
      ({ meta }) => !String(meta?.actor ?? '').match(/^(user|service):/),
    );
    expect(nameless.map(({ eventId }) => eventId)).toEqual([]);
    expect(entries.length).toBeGreaterThan(50);
  });
});

/** A person's token that was right an hour ago. */
function endedToken(): string {
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({
    typ: 'vnd.backstage.user',
    alg: 'ES256',
    kid: 'people',
  })}.${part({ sub: 'user:default/ann', iat: 1, exp: 2 })}`;
  return `${text}.${Buffer.alloc(64).toString('base64url')}`;
}
