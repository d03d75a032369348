import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { mlRegistryArtifactStoreExtensionPoint } from '@downstage/plugin-ml-registry-node';
import { readS3Options } from './config';
import { S3ArtifactStore } from './S3ArtifactStore';

/** Keeps artifacts in a bucket, once `mlRegistry.artifacts.s3` names one. */
export const mlRegistryModuleS3 = createBackendModule({
  pluginId: 'ml-registry',
  moduleId: 's3',
  register(env) {
    env.registerInit({
      deps: {
        artifacts: mlRegistryArtifactStoreExtensionPoint,
        config: coreServices.rootConfig,
        logger: coreServices.logger,
      },
      async init({ artifacts, config, logger }) {
        const options = readS3Options(config);
        if (!options) return;
        artifacts.setStore(new S3ArtifactStore(options));
        logger.info(
          `Artifacts lie in the bucket ${options.bucket} of ${
            options.endpoint ?? `S3 in ${options.region}`
          }`,
        );
      },
    });
  },
});
