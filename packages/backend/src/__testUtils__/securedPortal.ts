import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { actionsRegistryServiceFactory } from '@backstage/backend-defaults/alpha';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import {
  coreServices,
  createBackendModule,
  createBackendPlugin,
  createServiceFactory,
  type BackendFeature,
  type BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { catalogEntityPermissionResourceRef } from '@backstage/plugin-catalog-node/alpha';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import {
  AuthorizeResult,
  isResourcePermission,
  type Permission,
} from '@backstage/plugin-permission-common';
import { createPermissionRule } from '@backstage/plugin-permission-node';
import type { TokenScope } from '@downstage/common';
import mlData from '@downstage/plugin-ml-data-backend';
import mlJobs from '@downstage/plugin-ml-jobs-backend';
import mlJobsModuleData from '@downstage/plugin-ml-jobs-backend-module-data';
import mlJobsModuleRegistry from '@downstage/plugin-ml-jobs-backend-module-registry';
import {
  mlJobsRuntimesExtensionPoint,
  type JobRuntime,
  type JobSpec,
} from '@downstage/plugin-ml-jobs-node';
import mlMonitoring from '@downstage/plugin-ml-monitoring-backend';
import mlRegistry from '@downstage/plugin-ml-registry-backend';
import mlRegistryModuleData from '@downstage/plugin-ml-registry-backend-module-data';
import mlRegistryModuleJobs from '@downstage/plugin-ml-registry-backend-module-jobs';
import mlServing from '@downstage/plugin-ml-serving-backend';
import mlTokens from '@downstage/plugin-ml-tokens-backend';
import request from 'supertest';
import { z } from 'zod';
import { signedPeople, signedToken } from './signedPeople';

export const diagnostics = 'group:default/diagnostics';
export const credit = 'group:default/credit';

/**
 * Ann owns what the tests are about, and Ben is of her team. Cleo is of another team. Dan is as well, and the catalog hides from him what is
 * Ann's. Of Eve the policy says that she may do everything, with what is her team's only.
 */
const groups: Record<string, string> = {
  ann: diagnostics,
  ben: diagnostics,
  cleo: credit,
  dan: credit,
  eve: credit,
};

const entity = (kind: string, name: string, owner?: string, spec = {}) => ({
  apiVersion: 'downstage.dev/v1alpha1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: { ...spec, ...(owner && { owner }) },
  relations: owner ? [{ type: 'ownedBy', targetRef: owner }] : [],
});

const entitiesAtFirst: Entity[] = [
  ...Object.entries(groups).map(([name, group]) => ({
    ...entity('User', name),
    relations: [{ type: 'memberOf', targetRef: group }],
  })),
  entity('Group', 'diagnostics'),
  entity('Group', 'credit'),
  entity('Model', 'churn', diagnostics),
  entity('Model', 'tumour', diagnostics),
  entity('Model', 'fraud', credit),
  entity('Dataset', 'churn', diagnostics, { type: 'table' }),
  entity('Dataset', 'transactions', credit, { type: 'table' }),
  entity('Dataset', 'patients', diagnostics, {
    type: 'table',
    owner: diagnostics,
    classification: 'restricted',
    location: { uri: 'patients.csv', format: 'csv' },
  }),
];

/** A catalog that shows Dan nothing that is Ann's; each question sees what `entities` holds by then. */
const catalogThatHides = (entities: Entity[]) =>
  createServiceFactory({
    service: catalogServiceRef,
    deps: {},
    factory: () => {
      const all = catalogServiceMock();
      return new Proxy(all, {
        get: (_, method: keyof typeof all) => {
          if (!(method in all)) return undefined;
          return (...args: unknown[]) => {
            const { credentials } = args.at(-1) as {
              credentials: BackstageCredentials;
            };
            const seen = catalogServiceMock({
              entities: entities.filter(
                ({ spec }) =>
                  personOf(credentials) !== 'dan' ||
                  spec?.owner !== diagnostics,
              ),
            });
            return (seen[method] as (...all: unknown[]) => unknown)(...args);
          };
        },
      });
    },
  });

/** As the catalog has it. */
const isEntityOwner = createPermissionRule({
  name: 'IS_ENTITY_OWNER',
  description: 'Is owned by one of these',
  resourceRef: catalogEntityPermissionResourceRef,
  paramsSchema: z.object({ claims: z.array(z.string()) }),
  apply: ({ spec }, { claims }) => claims.includes(String(spec?.owner)),
  toQuery: () => {
    throw new Error('Nobody lists by this');
  },
});

/** The part of the catalog that the permission framework asks what meets conditions. */
const catalogThatJudges = (entities: Entity[]) =>
  createBackendPlugin({
    pluginId: 'catalog',
    register(env) {
      env.registerInit({
        deps: { permissionsRegistry: coreServices.permissionsRegistry },
        async init({ permissionsRegistry }) {
          permissionsRegistry.addResourceType({
            resourceRef: catalogEntityPermissionResourceRef,
            permissions: [catalogEntityReadPermission],
            rules: [isEntityOwner],
            getResources: async refs =>
              refs.map(ref =>
                entities.find(one => stringifyEntityRef(one) === ref),
              ),
          });
        },
      });
    },
  });

/** A policy that allows everything, except that Eve's answers are conditions and that Dan's catalog is not everybody's. */
const policy = mockServices.permissions.mock();
const decide = async (
  queries: { permission: Permission }[],
  { credentials }: { credentials: BackstageCredentials },
) => queries.map(({ permission }) => decisionOn(permission, credentials));
policy.authorize.mockImplementation(decide as never);
policy.authorizeConditional.mockImplementation(decide as never);

function decisionOn(permission: Permission, credentials: BackstageCredentials) {
  const who = personOf(credentials);
  const ours = permission.name.startsWith('ml.');
  if (who === 'eve' && ours && isResourcePermission(permission)) {
    const { resourceType } = permission;
    return {
      result: AuthorizeResult.CONDITIONAL,
      pluginId: permission.name.split('.').slice(0, 2).join('-'),
      resourceType,
      conditions: {
        rule: 'IS_OWNER',
        resourceType,
        params: { owners: [credit, 'user:default/eve'] },
      },
    };
  }
  if (who === 'dan' && permission.name === catalogEntityReadPermission.name) {
    const { resourceType } = catalogEntityReadPermission;
    const params = { claims: [diagnostics] };
    return {
      result: AuthorizeResult.CONDITIONAL,
      pluginId: 'catalog',
      resourceType,
      conditions: { not: { rule: 'IS_ENTITY_OWNER', resourceType, params } },
    };
  }
  return { result: AuthorizeResult.ALLOW };
}

/** The name of the person; `undefined` for tokens, jobs and plugins. */
function personOf(credentials: BackstageCredentials): string | undefined {
  const { userEntityRef } = (credentials?.principal ?? {}) as {
    userEntityRef?: string;
  };
  return userEntityRef?.split('/')[1];
}

/** Starts every attempt at once and lets it run until it is cancelled. */
class HeldRuntime implements JobRuntime {
  readonly specVersion = 'v1';
  readonly id = 'held';
  readonly reads = 'addresses';
  readonly trackingUrl = 'internal';
  readonly admission = 'portal';
  readonly started: JobSpec[] = [];
  readonly #states = new Map<string, 'running' | 'cancelled'>();

  async capacity() {
    return { slots: 10 };
  }

  handleOf({ jobId, attempt }: { jobId: string; attempt: number }) {
    return { key: `${jobId}-${attempt}` };
  }

  async submit(job: JobSpec) {
    const handle = this.handleOf(job);
    this.#states.set(handle.key, 'running');
    this.started.push(job);
    return { handle, warnings: [] };
  }

  async inspect({ key }: Record<string, string | number>) {
    return { state: this.#states.get(String(key)) ?? ('absent' as const) };
  }

  async cancel({ key }: Record<string, string | number>) {
    this.#states.set(String(key), 'cancelled');
  }
}

/** One service for all plugins. As in a portal, a publisher does not wait for listeners. */
function sharedEvents() {
  const events = mockServices.events();
  return mockServices.events.mock({
    subscribe: subscriber => events.subscribe(subscriber),
    publish: async event => {
      // A listener that fails tells its own plugin.
      events.publish(event).catch(() => {});
    },
  });
}

export const pluginIds = [
  'ml-data',
  'ml-jobs',
  'ml-monitoring',
  'ml-registry',
  'ml-serving',
  'ml-tokens',
];

export type SecuredPortal = Awaited<ReturnType<typeof startSecuredPortal>>;

/** All plugins with real routers and real tokens; catalog, policy and runtime are as the tests need them. */
export async function startSecuredPortal(options: {
  dataDir: string;
  /** Folders that data sets are registered from. */
  dataRoots?: string[];
  /** Groups that administer the portal. */
  administrators?: string[];
  /** Hosts inside that webhooks and imports may reach. */
  allowedHosts?: string[];
  /** More configuration of jobs, of serving and of monitoring. */
  config?: { mlJobs?: object; mlServing?: object; mlMonitoring?: object };
  /** What else runs in the portal. */
  features?: BackendFeature[];
  /** Whether plugins hear the events of others; each hears its own only unless so. */
  sharesEvents?: boolean;
  /** Other callers, beside those with an access token. */
  externalAccess?: object[];
}) {
  const entities = [...entitiesAtFirst];
  const entries: {
    eventId: string;
    meta?: Record<string, unknown>;
    withRequest: boolean;
  }[] = [];
  const audit = mockServices.auditor.mock();
  audit.createEvent.mockImplementation(async event => {
    const { eventId, meta } = event;
    entries.push({ eventId, meta, withRequest: Boolean(event.request) });
    return { success: async () => {}, fail: async () => {} };
  });
  const runtime = new HeldRuntime();
  const backend = await startTestBackend({
    features: [
      authServiceFactory,
      httpAuthServiceFactory,
      actionsRegistryServiceFactory,
      signedPeople,
      mlTokens,
      mlRegistry,
      mlRegistryModuleData,
      mlRegistryModuleJobs,
      mlJobs,
      createBackendModule({
        pluginId: 'ml-jobs',
        moduleId: 'held-runtime',
        register(env) {
          env.registerInit({
            deps: { runtimes: mlJobsRuntimesExtensionPoint },
            init: async ({ runtimes }) => runtimes.addRuntime(runtime),
          });
        },
      }),
      mlJobsModuleData,
      mlJobsModuleRegistry,
      mlData,
      mlServing,
      mlMonitoring,
      ...(options.features ?? []),
      catalogThatHides(entities),
      catalogThatJudges(entities),
      createServiceFactory({
        service: coreServices.permissions,
        deps: {},
        factory: () => policy,
      }),
      options.sharesEvents
        ? sharedEvents().factory
        : mockServices.events.factory(),
      audit.factory,
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://portal' },
          backend: {
            auth: {
              externalAccess: [
                { type: 'downstage', options: {} },
                ...(options.externalAccess ?? []),
              ],
            },
          },
          downstage: {
            dataDir: options.dataDir,
            administrators: options.administrators ?? [],
          },
          mlRegistry: {
            import: { allow: options.allowedHosts ?? [] },
            webhooks: { allow: options.allowedHosts ?? [] },
          },
          mlJobs: { local: { enabled: false }, ...options.config?.mlJobs },
          mlData: { roots: options.dataRoots ?? [] },
          mlServing: { gateway: { port: 0 }, ...options.config?.mlServing },
          mlMonitoring: { ...options.config?.mlMonitoring },
        },
      }),
      mockServices.userInfo.mock({
        getUserInfo: async credentials => {
          const name = String(personOf(credentials));
          const userEntityRef = `user:default/${name}`;
          return {
            userEntityRef,
            ownershipEntityRefs: [userEntityRef, groups[name]],
          };
        },
      }).factory,
    ],
  });
  let made = 0;
  /** Makes an access token, of Ann's unless somebody else is named. */
  async function token(scopes: TokenScope[], more: object = {}, who = 'ann') {
    made += 1;
    const response = await request(backend.server)
      .post('/api/ml-tokens/v1/tokens')
      .set('authorization', `Bearer ${signedToken(`user:default/${who}`)}`)
      .send({ name: `token-${made}`, scopes, ...more });
    if (response.status !== 201) {
      throw new Error(`No token: ${response.status} ${response.text}`);
    }
    return response.body as { secret: string; token: { id: string } };
  }
  return {
    server: backend.server,
    stop: () => backend.stop(),
    /** What the auditor was told. */
    entries,
    /** What the runtime was given; a job's token stands in its variables. */
    started: runtime.started,
    /** Has the catalog name another owner of a model, or forget the model. */
    layModel(name: string, owner?: string, spec: object = {}) {
      const at = entities.findIndex(
        ({ kind, metadata }) => kind === 'Model' && metadata.name === name,
      );
      if (at >= 0) entities.splice(at, 1);
      if (owner) entities.push(entity('Model', name, owner, spec));
    },
    /** What a person sends who is signed in. */
    session: (name: string) => signedToken(`user:default/${name}`),
    token,
    /** What is sent with an access token, of Ann's unless somebody else is named. */
    secretOf: async (...args: Parameters<typeof token>) =>
      (await token(...args)).secret,
    /** Has somebody submit a job for their group, and gives what the job sends once it runs. */
    async jobTokenOf(who: string, job: object, sender?: string) {
      const response = await request(backend.server)
        .post('/api/ml-jobs/v1/jobs')
        .set(
          'authorization',
          `Bearer ${sender ?? signedToken(`user:default/${who}`)}`,
        )
        .send({ owner: groups[who], ...job });
      if (response.status !== 201) {
        throw new Error(`No job: ${response.status} ${response.text}`);
      }
      for (;;) {
        const spec = runtime.started.find(
          ({ jobId }) => jobId === response.body.id,
        );
        if (spec) return spec.variables.MLFLOW_TRACKING_TOKEN;
        await new Promise(resolve => {
          setImmediate(resolve);
        });
      }
    },
  };
}

/** A person's token that was right an hour ago. */
export function endedToken(): string {
  const part = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({
    typ: 'vnd.backstage.user',
    alg: 'ES256',
    kid: 'people',
  })}.${part({ sub: 'user:default/ann', iat: 1, exp: 2 })}`;
  return `${text}.${Buffer.alloc(64).toString('base64url')}`;
}
