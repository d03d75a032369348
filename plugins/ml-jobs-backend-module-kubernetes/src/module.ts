import { readFile } from 'node:fs/promises';
import {
  coreServices,
  createBackendModule,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import { mlJobsRuntimesExtensionPoint } from '@downstage/plugin-ml-jobs-node';
import { KubeApi } from './api/KubeApi';
import { readAccess } from './api/readAccess';
import { readClusters } from './config';
import { KubernetesRuntime } from './KubernetesRuntime';

/** Runs jobs on the clusters of the configuration. Without one it does nothing, and connects to nothing. */
export const mlJobsModuleKubernetes = createBackendModule({
  pluginId: 'ml-jobs',
  moduleId: 'kubernetes',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        lifecycle: coreServices.rootLifecycle,
        logger: coreServices.logger,
        runtimes: mlJobsRuntimesExtensionPoint,
      },
      async init({ config, lifecycle, logger, runtimes }) {
        const clusters = readClusters(config);
        if (!clusters.length) return;
        const prepareScript = await readFile(
          resolvePackagePath(
            '@downstage/plugin-ml-jobs-backend-module-kubernetes',
            'runner/prepare.py',
          ),
          'utf8',
        );
        for (const cluster of clusters) {
          // A kubeconfig that cannot be read stops the start; a cluster that is away does not.
          const access = await readAccess(cluster);
          const runtime = new KubernetesRuntime({
            cluster,
            api: new KubeApi(access),
            prepareScript,
            clock: () => new Date(),
            onFailure: error =>
              logger.warn(
                `The cluster '${
                  cluster.name
                }' does not answer as expected: ${stringifyError(error)}`,
              ),
          });
          runtimes.addRuntime(runtime);
          lifecycle.addStartupHook(() => runtime.start());
          lifecycle.addShutdownHook(() => runtime.stop());
        }
      },
    });
  },
});
