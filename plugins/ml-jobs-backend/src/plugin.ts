import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import type { LoggerService } from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import { stringifyError } from '@backstage/errors';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  createAuthorizer,
  HiddenEntities,
  migrate,
  type Reconciler,
  refusingActions,
  registeredOwnersServiceRef,
  startReconciler,
  tokenScopesServiceRef,
} from '@downstage/node';
import {
  mlJobsPermissions,
  mlJobsTokenScopes,
} from '@downstage/plugin-ml-jobs-common';
import {
  mlJobResource,
  placeOf,
  mlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
  mlJobsLogStoreExtensionPoint,
  mlJobsOutputsExtensionPoint,
  mlJobsRuntimesExtensionPoint,
  type DataAccess,
  type InputResolver,
  type LogStore,
  type OutputLookup,
} from '@downstage/plugin-ml-jobs-node';
import type { Knex } from 'knex';
import { registerActions } from './actions/registerActions';
import { readMlJobsConfig } from './config';
import { attemptPath } from './domain/attemptAddresses';
import { Secrets, secretsOfConfig } from './domain/secrets';
import { newJobId } from './domain/tokens';
import { FileLogStore } from './logs/FileLogStore';
import { MaskedLogStore } from './logs/MaskedLogStore';
import { Environments } from './providers/local/Environments';
import { chooseIsolation } from './providers/local/isolation/chooseIsolation';
import type { Isolation } from './providers/local/isolation/Isolation';
import { Uv } from './providers/local/Uv';
import { LocalProcessRuntime } from './providers/local/LocalProcessRuntime';
import { FolderLock } from './providers/local/FolderLock';
import { JobReconciler } from './reconcilers/JobReconciler';
import { RuntimeRegistrar } from './reconcilers/RuntimeRegistrar';
import { createRouter } from './router';
import { Admission } from './services/Admission';
import { Blocking } from './services/Blocking';
import { schemaPath } from './schemaRouter';
import { AttemptService } from './services/AttemptService';
import { createAnnouncer } from './services/createAnnouncer';
import { JobLogs } from './services/JobLogs';
import { JobOutputs } from './services/JobOutputs';
import { JobService } from './services/JobService';
import { Runtimes } from './services/Runtimes';
import { SourceArchives } from './services/SourceArchives';
import { SourceService } from './services/SourceService';
import { UsageService } from './services/UsageService';
import { JobStore } from './stores/JobStore';
import { roomsOf, RuntimeStore } from './stores/RuntimeStore';
import { TokenStore } from './stores/TokenStore';
import { UsageStore } from './stores/UsageStore';

/** Training and other runs of code: queue, attempts, logs. */
export const mlJobsPlugin = createBackendPlugin({
  pluginId: 'ml-jobs',
  register(env) {
    const resolvers: InputResolver[] = [];
    const installed: Parameters<Runtimes['add']>[0][] = [];
    env.registerExtensionPoint(mlJobsRuntimesExtensionPoint, {
      addRuntime: runtime => void installed.push(runtime),
    });
    let dataAccess: DataAccess | undefined;
    env.registerExtensionPoint(mlJobsDataAccessExtensionPoint, {
      setDataAccess(access) {
        if (dataAccess) {
          throw new Error('Two modules decide who may read data; install one');
        }
        dataAccess = access;
      },
    });
    env.registerExtensionPoint(mlJobsInputsExtensionPoint, {
      addResolver: resolver => void resolvers.push(resolver),
    });

    const lookups: OutputLookup[] = [];
    env.registerExtensionPoint(mlJobsOutputsExtensionPoint, {
      addLookup: lookup => void lookups.push(lookup),
    });

    let logStore: LogStore | undefined;
    env.registerExtensionPoint(mlJobsLogStoreExtensionPoint, {
      setLogStore(store) {
        if (logStore) {
          throw new Error('Two modules set a store of logs; install one');
        }
        logStore = store;
      },
    });

    env.registerInit({
      deps: {
        actionsRegistry: actionsRegistryServiceRef,
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        registeredOwners: registeredOwnersServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        plugin: coreServices.pluginMetadata,
        rootLifecycle: coreServices.rootLifecycle,
        signals: signalsServiceRef,
        tokenScopes: tokenScopesServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const options = readMlJobsConfig(deps.config);
        const knex = await migrate(
          deps.database,
          '@downstage/plugin-ml-jobs-backend',
        );
        const clock = () => new Date();
        const runtimeStore = new RuntimeStore(knex);
        const admission = new Admission({
          ...{ admission: options.admission, clock },
          rooms: async () => roomsOf(await runtimeStore.live(clock())),
        });
        const store = new JobStore(knex, admission);
        const tokens = new TokenStore(knex);
        const sources = new SourceService({
          roots: options.sourceRoots,
          hosts: options.sourceHosts,
          cache: options.repositoriesFolder,
        });
        const secrets = new Secrets(secretsOfConfig(deps.config));
        const logs = new JobLogs({
          store: logStore
            ? new MaskedLogStore({ store: logStore, secrets })
            : new FileLogStore({ folder: options.logsFolder, secrets }),
        });
        const authorizer = createAuthorizer({
          ...deps,
          resource: {
            permissionsRegistry: deps.permissionsRegistry,
            definition: mlJobResource,
            permissions: mlJobsPermissions,
            scopes: mlJobsTokenScopes,
          },
        });
        const hidden = new HiddenEntities({ ...deps, clock });
        const tell = createAnnouncer({ ...deps, store });
        let loop: Reconciler | undefined;
        let running: RuntimeRegistrar | undefined;
        let holding:
          | { lock: FolderLock; local: LocalProcessRuntime }
          | undefined;

        const runtimes = new Runtimes({
          preferred: options.runtime,
          // Modules install theirs first, and the local one may be another portal's.
          usual: 'local-process',
        });
        if (options.local.enabled) {
          const { isolation, unusable } = await chooseIsolation({
            wanted: options.local.isolation,
            folders: options,
            python: options.local.python,
            signal: AbortSignal.timeout(30_000),
          });
          sayIsolation(isolation, { unusable, logger: deps.logger });
          const lock = new FolderLock(options.jobsFolder);
          const local = new LocalProcessRuntime({
            place: await lock.place(),
            folder: options.jobsFolder,
            environments: new Environments({
              folder: options.environmentsFolder,
              python: options.local.python,
              prebuilt: options.local.environments,
              isolation,
              indexes: options.local.indexes,
              uv: options.local.uv
                ? new Uv({ folder: options.uvFolder })
                : undefined,
            }),
            isolation,
            readOnly: options.local.readOnly,
            sourceHosts: options.sourceHosts,
            secrets: secretsOfConfig(deps.config),
            slots: options.local.slots,
            resources: options.local.resources,
            graceMs: options.local.graceMs,
            log: options.local.log,
            onChange: ({ jobId }) =>
              void store
                .markDue({ ids: [jobId] }, clock().toISOString())
                .then(() => loop?.nudge())
                // Only a hint: the reconciler looks by itself.
                .catch(() => undefined),
          });
          runtimes.addReader(local);
          holding = { lock, local };
        }
        installed.forEach(runtime => runtimes.add(runtime));

        const blocking = new Blocking({
          ...{ store, runtimes, runtimeStore, admission, clock },
          onChange: async id => {
            loop?.nudge();
            await tell({ id });
          },
        });
        const reconciler = new JobReconciler({
          store,
          tokens,
          runtimes,
          sources,
          admission,
          blocking,
          runtimeStore,
          lostAfterMs: options.lostAfterMs,
          logs,
          outputs: new JobOutputs({ lookups: () => lookups, auth: deps.auth }),
          resolvers: () => resolvers,
          auth: deps.auth,
          addressOf: (pluginId, from) =>
            from === 'internal'
              ? deps.discovery.getBaseUrl(pluginId)
              : deps.discovery.getExternalBaseUrl(pluginId),
          clock,
          onChange: async change => {
            loop?.nudge();
            await tell(change);
          },
        });
        const jobs = new JobService({
          store,
          tokens,
          sources,
          runtimes,
          runtimeStore,
          admission,
          blocking,
          logs,
          authorizer,
          permissions: deps.permissions,
          auditor: deps.auditor,
          catalog: deps.catalog,
          hidden,
          registeredOwners: deps.registeredOwners,
          dataAccess: () => dataAccess,
          clock,
          newId: newJobId,
          announce: async id => {
            loop?.nudge();
            await tell({ id });
          },
        });

        const attempts = new AttemptService({
          store,
          tokens,
          archives: new SourceArchives({
            folder: options.archivesFolder,
            sources,
            hosts: options.sourceHosts,
            clock,
          }),
          logs,
          runtimes,
          resolvers: () => resolvers,
          auth: deps.auth,
        });
        // The token of a job is none of Backstage's: the service checks it.
        deps.httpRouter.addAuthPolicy({
          path: attemptPath,
          allow: 'unauthenticated',
        });
        deps.httpRouter.addAuthPolicy({
          path: schemaPath,
          allow: 'unauthenticated',
        });
        deps.httpRouter.use(
          createRouter({
            attempts,
            auditor: deps.auditor,
            httpAuth: deps.httpAuth,
            jobs,
            usage: new UsageService({
              store: new UsageStore(knex),
              authorizer,
              hidden,
            }),
          }),
        );
        registerActions({
          actionsRegistry: refusingActions(deps.actionsRegistry, deps),
          jobs,
        });

        deps.lifecycle.addStartupHook(async () => {
          const registrar = new RuntimeRegistrar({
            ...{ store, runtimes, runtimeStore, reconciler, clock },
            logger: deps.logger,
            local: holding,
            onChange: () => loop?.nudge(),
          });
          running = registrar;
          await registrar.look();
          loop = startReconciler({
            name: 'jobs',
            table: 'jobs',
            knex,
            logger: deps.logger,
            clock,
            intervalMs: 1_000,
            stepMs: 5 * 60_000,
            concurrency: 8,
            only: due => onlyOurs(due, runtimes),
            reconcile: lease => reconciler.reconcile(lease),
          });
          loop.nudge();
          registrar.start();
        });
        // Before the others, because it writes to the database.
        deps.rootLifecycle.addBeforeShutdownHook(async () => {
          // Last the folder is free: another portal may go on from here.
          for (const end of await Promise.allSettled([
            reconciler.stop(),
            loop?.stop(),
          ])) {
            if (end.status === 'rejected')
              deps.logger.warn(
                `Jobs did not stop well: ${stringifyError(end.reason)}`,
              );
          }
          await running?.stop();
        });
      },
    });
  },
});

/** Jobs whose runtime this portal has; started ones where it can see them. */
function onlyOurs(due: Knex.QueryBuilder, runtimes: Runtimes) {
  due.where(any => {
    // Nothing is true of no runtime.
    any.whereRaw('1 = 0');
    for (const runtime of runtimes.all()) {
      const place = placeOf(runtime);
      any.orWhere(one => {
        one.where('runtime', runtime.id);
        if (place)
          one.where(where => where.whereNull('place').orWhere({ place }));
      });
    }
  });
}

/** Said at every start, so that nobody believes in a wall that is not there. */
function sayIsolation(
  { kind, promise }: Isolation,
  options: { unusable: string[]; logger: LoggerService },
) {
  const { unusable, logger } = options;
  if (kind !== 'none') {
    logger.info(`Isolation of jobs: ${kind}. ${promise}`);
    return;
  }
  logger.warn(
    `Isolation of jobs: none. ${promise}${
      unusable.length ? ` Tried: ${unusable.join('; ')}.` : ''
    } Installing bubblewrap is the simplest remedy on Linux.`,
  );
}
