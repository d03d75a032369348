import { createServiceFactory } from '@backstage/backend-plugin-api';
import { startTestBackend } from '@backstage/backend-test-utils';
import {
  mlRegistryArtifactHoldersExtensionPoint,
  mlRegistryGatesExtensionPoint,
  type ArtifactHolder,
} from '@downstage/plugin-ml-registry-node';
import {
  mlServingServiceRef,
  type MlServingService,
} from '@downstage/plugin-ml-serving-node';
import { mlRegistryModuleServing } from './registryModule';

describe('mlRegistryModuleServing', () => {
  it('asks ml-serving as the registry itself, and names what endpoints serve and keep', async () => {
    const listEndpoints = jest.fn(async () => ({
      items: [
        {
          ref: 'default/churn',
          namespace: 'default',
          name: 'churn',
          variants: [{ version: 3 }],
          previousVersion: 2,
          neededVersions: [2, 3, 4],
        },
        {
          ref: 'credit/Churn',
          namespace: 'credit',
          name: 'Churn',
          variants: [{ version: 1 }],
        },
        // Its engine does not answer.
        {
          ref: 'credit/fraud',
          namespace: 'credit',
          name: 'fraud',
          variants: [],
          neededVersions: [5],
        },
      ],
    }));
    const addArtifactHolder = jest.fn((_holder: ArtifactHolder) => {});
    const backend = await startTestBackend({
      extensionPoints: [
        [mlRegistryArtifactHoldersExtensionPoint, { addArtifactHolder }],
        [mlRegistryGatesExtensionPoint, { addGate: () => {} }],
      ],
      features: [
        mlRegistryModuleServing,
        createServiceFactory({
          service: mlServingServiceRef,
          deps: {},
          factory: () => ({ listEndpoints } as unknown as MlServingService),
        }),
      ],
    });
    const [[holder]] = addArtifactHolder.mock.calls;
    await expect(holder.heldVersions()).resolves.toEqual([
      {
        model: 'default/churn',
        version: 3,
        reason: 'endpoint default/churn serves it',
      },
      {
        model: 'default/churn',
        version: 2,
        reason: 'endpoint default/churn keeps it for a rollback',
      },
      {
        model: 'default/churn',
        version: 4,
        reason: 'endpoint default/churn is to serve it',
      },
      {
        model: 'credit/Churn',
        version: 1,
        reason: 'endpoint credit/Churn serves it',
      },
      {
        model: 'credit/fraud',
        version: 5,
        reason: 'endpoint credit/fraud is to serve it',
      },
    ]);
    expect(listEndpoints).toHaveBeenCalledWith(
      { query: { cursor: undefined, limit: 500 } },
      {
        credentials: expect.objectContaining({
          principal: { type: 'service', subject: 'plugin:ml-registry' },
        }),
      },
    );
    await backend.stop();
  });
});
