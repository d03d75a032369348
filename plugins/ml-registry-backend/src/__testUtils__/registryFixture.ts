import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import type { Entity } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { TokenScopes } from '@downstage/common';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import { Authorizer, callerOf } from '@downstage/node';
import {
  mlModelResource,
  type ArtifactStore,
  type Gate,
} from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { createServices, type RegistryDeps } from '../createServices';
import { Announcer } from '../versions/Announcer';
import { OutboundClient } from '../kernel/OutboundClient';
import { SecretBox } from '../kernel/SecretBox';
import { aModelEntity } from './aModelEntity';
import { people } from './people';

export const as = (name: string) => ({
  caller: callerOf(mockCredentials.user(`user:default/${name}`)),
});

export const modelFile = `
flavors:
  onnx: {data: model.onnx}
  python_function: {loader_module: mlflow.onnx}
signature:
  inputs: '[{"type": "double", "name": "radius", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
`;

/** Keeps files in memory. */
export function memoryArtifacts(): ArtifactStore & {
  files: Map<string, string>;
} {
  const files = new Map<string, string>();
  return {
    files,
    async put() {
      throw new Error('Tests put into files');
    },
    async stat(path) {
      const content = files.get(path);
      return content === undefined ? undefined : { size: content.length };
    },
    async get(path) {
      const content = files.get(path);
      if (content === undefined) return undefined;
      return { content: Readable.from([content]), size: content.length };
    },
    async list(folder) {
      const prefix = folder && `${folder}/`;
      const below = [...files.keys()].filter(path => path.startsWith(prefix));
      const names = new Set(
        below.map(path => path.slice(prefix.length).split('/')[0]),
      );
      return [...names].sort().map(name => {
        const path = `${prefix}${name}`;
        const content = files.get(path);
        return content === undefined
          ? { path, isDir: true }
          : { path, isDir: false, size: content.length };
      });
    },
    async delete(path) {
      files.delete(path);
    },
  };
}

export async function migrateForTest(knex: Knex) {
  await knex.migrate.latest({
    directory: resolvePackagePath(
      '@downstage/plugin-ml-registry-backend',
      'migrations',
    ),
  });
}

/** The catalog with what is in the list when it is asked. */
function catalogOf(entities: Entity[]): CatalogService {
  const now = () => catalogServiceMock({ entities });
  return {
    ...now(),
    getEntityByRef: (...call) => now().getEntityByRef(...call),
    getEntitiesByRefs: (...call) => now().getEntitiesByRefs(...call),
    getEntityFacets: (...call) => now().getEntityFacets(...call),
  };
}

/** The registry's services over a database, with everything around them in memory. */
const allowAll = mockServices.permissions({ result: AuthorizeResult.ALLOW });
/** What conditional decisions of a test's policy are read with. */
const conditional = {
  resourceRef: mlModelResource.resourceRef,
  rulesets: {
    getPermissionRuleset: () =>
      ({
        getRuleByName: (name: string) =>
          mlModelResource.rules.find(rule => rule.name === name),
      } as never),
  },
};

export async function aRegistry(
  knex: Knex,
  options: {
    entity?: Entity | false;
    /** The whole catalog; may be changed while the test runs. */
    catalog?: Entity[];
    /** Another catalog altogether. */
    catalogService?: CatalogService;
    gates?: Gate[];
  } & Pick<RegistryDeps, 'trust' | 'jobs' | 'dataAccess'> &
    Partial<Pick<RegistryDeps, 'permissions' | 'auditor'>> = {},
) {
  await migrateForTest(knex);
  const { entity = aModelEntity(), gates = [] } = options;
  let now = new Date('2026-03-01T10:00:00Z').getTime();
  let ids = 0;
  const artifacts = memoryArtifacts();
  const events = mockServices.events.mock();
  const notifications = { send: jest.fn(async () => {}) };
  const services = createServices({
    knex,
    gates,
    trust: options.trust,
    jobs: options.jobs,
    dataAccess: options.dataAccess,
    artifactStore: artifacts,
    portalUrl: 'http://portal',
    auditor:
      options.auditor ??
      mockServices.auditor.mock({
        createEvent: async () => ({
          success: async () => {},
          fail: async () => {},
        }),
      }),
    auth: mockServices.auth(),
    catalog:
      options.catalogService ??
      catalogOf(options.catalog ?? (entity ? [entity] : [])),
    logger: mockServices.logger.mock(),
    discovery: mockServices.discovery(),
    permissions: options.permissions ?? allowAll,
    authorizer: new Authorizer({
      tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
      permissions: options.permissions ?? allowAll,
      ...conditional,
      userInfo: people,
      administrators: ['group:default/platform'],
    }),
    announcer: new Announcer({
      events,
      notifications,
      signals: { publish: async () => {} },
      logger: mockServices.logger.mock(),
    }),
    onVersionCreated: () => {},
    outgoing: {
      client: new OutboundClient({
        allowedHosts: ['127.0.0.1'],
        setting: 'mlRegistry.webhooks.allow',
      }),
      secrets: SecretBox.fromKey('of tests'),
      importClient: new OutboundClient({
        allowedHosts: ['127.0.0.1'],
        setting: 'mlRegistry.import.allow',
      }),
    },
    clock: () => new Date(now++),
    newId: () => `promotion-${++ids}`,
  });

  /** Puts a file there as an upload does, with its checksum. */
  const upload = async (path: string, content: string) => {
    artifacts.files.set(path, content);
    const sha256 = (text: string) =>
      createHash('sha256').update(text).digest('hex');
    await knex('artifacts')
      .insert({
        path_sha256: sha256(path),
        path,
        size: content.length,
        sha256: sha256(content),
        created_at: now,
      })
      .onConflict('path_sha256')
      .merge();
  };
  /** Every run is measured on the same held-out data unless a test says otherwise. */
  const holdout = async (runId: string, digest: string) => {
    await knex('datasets')
      .insert({
        dataset_id: digest,
        experiment_id: 0,
        name: 'holdout',
        digest,
        source_type: 'local',
        source: '{}',
      })
      .onConflict()
      .ignore();
    await knex('run_datasets').insert({
      run_id: runId,
      dataset_id: digest,
      context: 'validation',
    });
  };

  /** A version whose run logged these metrics and whose files are there. */
  const aVersion = async (
    version: number,
    metrics: Record<string, number> = { auc: 0.95 },
    more: {
      createdBy?: string;
      running?: boolean;
      signature?: boolean;
      name?: string;
      owner?: string;
      holdout?: string | false;
    } = {},
  ) => {
    const name = more.name ?? 'tumours';
    const runId = `${name}-run-${version}`;
    const location = `0/${runId}/artifacts/model`;
    if (more.signature !== false) {
      await upload(`${location}/MLmodel`, modelFile);
    }
    await knex('registered_models')
      .insert({
        name,
        creation_time: now,
        last_updated_time: now,
        owner: more.owner,
      })
      .onConflict('name')
      .ignore();
    await knex('runs').insert({
      run_id: runId,
      experiment_id: 0,
      name: runId,
      status: more.running ? 'RUNNING' : 'FINISHED',
      start_time: now,
      artifact_uri: `mlflow-artifacts:/0/${runId}/artifacts`,
    });
    if (more.holdout !== false) await holdout(runId, more.holdout ?? 'd1');
    for (const [key, value] of Object.entries(metrics)) {
      await knex('latest_metrics').insert({
        run_id: runId,
        key,
        value,
        timestamp: now,
        step: 0,
        is_nan: false,
      });
    }
    await knex('model_versions').insert({
      name,
      version,
      creation_time: now,
      last_updated_time: now,
      created_by: more.createdBy ?? 'user:default/ann',
      stage: 'none',
      source: `runs:/${runId}/model`,
      storage_location: `mlflow-artifacts:/${location}`,
      run_id: runId,
      status: 'READY',
    });
    return { namespace: 'default', name, version };
  };

  const stageOf = async (version: number, name = 'tumours') => {
    const row = await knex('model_versions').where({ name, version }).first();
    return row?.stage;
  };
  const aliases = async (name = 'tumours') =>
    Object.fromEntries(
      (await knex('registered_model_aliases').where({ name })).map(row => [
        row.alias,
        row.version,
      ]),
    );
  /** Brings a version into production as two people would. */
  const promote = async (
    version: number,
    to: 'candidate' | 'production' = 'production',
  ) => {
    const path = { namespace: 'default', name: 'tumours', version };
    const { id } = await services.promotions.request(
      { ...path, to },
      as('ann'),
    );
    return services.promotions.approve({ id }, as('ben'));
  };
  return {
    ...services,
    knex,
    events,
    notifications,
    artifacts,
    aVersion,
    upload,
    stageOf,
    aliases,
    promote,
    passes: (ms: number) => {
      now += ms;
    },
  };
}
