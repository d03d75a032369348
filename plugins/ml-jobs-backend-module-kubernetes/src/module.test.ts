import { createBackendModule } from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import { mlJobsRuntimesExtensionPoint } from '@downstage/plugin-ml-jobs-node';
import { mlJobsModuleKubernetes } from './module';

const start = (clusters?: object[]) => {
  const addRuntime = jest.fn();
  return {
    addRuntime,
    backend: startTestBackend({
      extensionPoints: [[mlJobsRuntimesExtensionPoint, { addRuntime }]],
      features: [
        mlJobsModuleKubernetes,
        // A module of a plugin that is not there: this one stands for it.
        createBackendModule({
          ...{ pluginId: 'ml-jobs', moduleId: 'of-the-test' },
          register: env => env.registerInit({ deps: {}, async init() {} }),
        }),
        mockServices.rootConfig.factory({
          data: { mlJobs: { kubernetes: { clusters } } },
        }),
      ],
    }),
  };
};

describe('the module', () => {
  it('adds nothing where the configuration names no cluster', async () => {
    const { addRuntime, backend } = start();
    await backend;
    expect(addRuntime).not.toHaveBeenCalled();
  });

  it('does not start with a configuration that is wrong', async () => {
    const { backend } = start([{ name: 'GPU', namespace: 'ml', image: 'x' }]);
    await expect(backend).rejects.toThrow('mlJobs.kubernetes.clusters[0].name');
  });
});
