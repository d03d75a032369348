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
  migrate,
  type Reconciler,
  refusingActions,
  registeredOwnersServiceRef,
  startReconciler,
} from '@downstage/node';
import { mlJobsPermissions } from '@downstage/plugin-ml-jobs-common';
import {
  placeOf,
  mlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
  mlJobsRuntimesExtensionPoint,
  type DataAccess,
  type InputResolver,
} from '@downstage/plugin-ml-jobs-node';
import type { Knex } from 'knex';
import { registerActions } from './actions/registerActions';
import { readMlJobsConfig } from './config';
import { secretsOfConfig } from './domain/secrets';
import { newJobId } from './domain/tokens';
import { Environments } from './providers/local/Environments';
import { chooseIsolation } from './providers/local/isolation/chooseIsolation';
import type { Isolation } from './providers/local/isolation/Isolation';
import { Uv } from './providers/local/Uv';
import { LocalProcessRuntime } from './providers/local/LocalProcessRuntime';
import { FolderLock } from './providers/local/FolderLock';
import { JobReconciler } from './reconcilers/JobReconciler';
import { RuntimeKeeper } from './reconcilers/RuntimeKeeper';
import { createRouter } from './router';
import { createAnnouncer } from './services/createAnnouncer';
import { JobService } from './services/JobService';
import { Runtimes } from './services/Runtimes';
import { SourceService } from './services/SourceService';
import { JobStore } from './stores/JobStore';
import { RuntimeStore } from './stores/RuntimeStore';
import { TokenStore } from './stores/TokenStore';

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
        rootLifecycle: coreServices.rootLifecycle,
        signals: signalsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const options = readMlJobsConfig(deps.config);
        const knex = await migrate(
          deps.database,
          '@downstage/plugin-ml-jobs-backend',
        );
        const clock = () => new Date();
        const store = new JobStore(knex);
        const tokens = new TokenStore(knex);
        const sources = new SourceService({
          roots: options.sourceRoots,
          hosts: options.sourceHosts,
          cache: options.repositoriesFolder,
        });
        const authorizer = createAuthorizer(deps);
        const tell = createAnnouncer({ ...deps, store });
        const runtimeStore = new RuntimeStore(knex);
        let loop: Reconciler | undefined;
        let keeping: RuntimeKeeper | undefined;
        let holding:
          | { lock: FolderLock; local: LocalProcessRuntime }
          | undefined;

        const runtimes = new Runtimes({ preferred: options.runtime });
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
            graceMs: options.local.graceMs,
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

        const reconciler = new JobReconciler({
          store,
          tokens,
          runtimes,
          sources,
          resolvers: () => resolvers,
          auth: deps.auth,
          trackingUri: async () =>
            `${await deps.discovery.getBaseUrl('ml-registry')}/mlflow`,
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
          authorizer,
          auditor: deps.auditor,
          catalog: deps.catalog,
          registeredOwners: deps.registeredOwners,
          dataAccess: () => dataAccess,
          clock,
          newId: newJobId,
          announce: async id => {
            loop?.nudge();
            await tell({ id });
          },
        });

        deps.permissionsRegistry.addPermissions(mlJobsPermissions);
        deps.httpRouter.use(createRouter({ httpAuth: deps.httpAuth, jobs }));
        registerActions({
          actionsRegistry: refusingActions(deps.actionsRegistry),
          jobs,
        });

        deps.lifecycle.addStartupHook(async () => {
          const keeper = new RuntimeKeeper({
            ...{ store, runtimes, runtimeStore, reconciler, clock },
            logger: deps.logger,
            local: holding,
            onChange: () => loop?.nudge(),
          });
          keeping = keeper;
          await keeper.look();
          loop = startReconciler({
            name: 'jobs',
            table: 'jobs',
            knex,
            logger: deps.logger,
            clock,
            intervalMs: 1_000,
            leaseMs: 5 * 60_000,
            concurrency: 8,
            only: due => onlyOurs(due, runtimes),
            reconcile: lease => reconciler.reconcile(lease),
          });
          loop.nudge();
          keeper.start();
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
          await keeping?.stop();
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
