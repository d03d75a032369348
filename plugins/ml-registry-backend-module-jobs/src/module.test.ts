import { createServiceFactory } from '@backstage/backend-plugin-api';
import { startTestBackend } from '@backstage/backend-test-utils';
import {
  mlJobsServiceRef,
  type MlJobsService,
} from '@downstage/plugin-ml-jobs-node';
import {
  mlRegistryJobsExtensionPoint,
  mlRegistryTokensExtensionPoint,
  type TokenVerifier,
} from '@downstage/plugin-ml-registry-node';
import mlRegistryModuleJobs from './index';

describe('mlRegistryModuleJobs', () => {
  it('adds a verifier that asks ml-jobs as the registry itself', async () => {
    const introspectToken = jest.fn(async () => ({ active: false }));
    const addVerifier = jest.fn((_verifier: TokenVerifier) => {});
    const backend = await startTestBackend({
      extensionPoints: [
        [mlRegistryTokensExtensionPoint, { addVerifier }],
        [mlRegistryJobsExtensionPoint, { setJobs: () => {} }],
      ],
      features: [
        mlRegistryModuleJobs,
        createServiceFactory({
          service: mlJobsServiceRef,
          deps: {},
          factory: () =>
            ({ introspectToken } as Partial<MlJobsService> as MlJobsService),
        }),
      ],
    });
    const [[verifier]] = addVerifier.mock.calls;
    await expect(verifier.verify('secret')).resolves.toBeUndefined();
    expect(introspectToken).toHaveBeenCalledWith(
      { body: { token: 'secret' } },
      {
        credentials: expect.objectContaining({
          principal: { type: 'service', subject: 'plugin:ml-registry' },
        }),
      },
    );
    await backend.stop();
  });
});
