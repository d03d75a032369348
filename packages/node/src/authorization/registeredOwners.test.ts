import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import type { Express } from 'express';
import express from 'express';
import {
  registeredOwnersServiceRef,
  type RegisteredOwners,
} from './registeredOwners';

/** A plugin that asks, and a registry that answers as told. */
async function asking(answer: (router: Express) => void) {
  let owners: RegisteredOwners | undefined;
  const { server } = await startTestBackend({
    features: [
      mockServices.rootLogger.factory(),
      createBackendPlugin({
        pluginId: 'ml-registry',
        register(env) {
          env.registerInit({
            deps: { router: coreServices.httpRouter },
            async init({ router }) {
              const app = express();
              answer(app);
              router.use(app);
            },
          });
        },
      }),
      createBackendPlugin({
        pluginId: 'asking',
        register(env) {
          env.registerInit({
            deps: { service: registeredOwnersServiceRef },
            async init({ service }) {
              owners = service;
            },
          });
        },
      }),
    ],
  });
  if (!owners) throw new Error('The plugin has not started');
  return { owners, server };
}

describe('the owner of a registered model', () => {
  it('is what the registry says, and nothing for a name it does not have', async () => {
    const { owners } = await asking(app => {
      app.get('/v1/models/default/tumours', (_, response) => {
        response.json({ owner: 'group:default/diagnostics', name: 'tumours' });
      });
    });
    expect(await owners.ownerOf('model:default/tumours')).toBe(
      'group:default/diagnostics',
    );
    expect(await owners.ownerOf('model:default/other')).toBeUndefined();
    expect(await owners.ownerOf('component:default/tumours')).toBeUndefined();
  });

  it('is not guessed when the registry cannot say', async () => {
    const { owners } = await asking(app => {
      app.use((_, response) => {
        response.status(500).json({ error: { name: 'Error', message: 'x' } });
      });
    });
    await expect(owners.ownerOf('model:default/tumours')).rejects.toThrow(
      'The registry could not be asked who owns model:default/tumours; try again',
    );
  });
});
