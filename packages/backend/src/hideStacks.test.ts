import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import express from 'express';
import request from 'supertest';
import { hideStacks } from './hideStacks';

const looking = createBackendPlugin({
  pluginId: 'looking',
  register(env) {
    env.registerInit({
      deps: { http: coreServices.httpRouter },
      async init({ http }) {
        const router = express.Router();
        router.get('/', () => {
          throw new NotFoundError('No such thing');
        });
        http.use(router);
      },
    });
  },
});

describe('the portal', () => {
  it('answers without stack traces, in development too', async () => {
    const environment = { ...process.env };
    Object.assign(process.env, { NODE_ENV: 'development' });
    try {
      hideStacks();
      const backend = await startTestBackend({ features: [looking] });
      const ask = (authorization: string) =>
        request(backend.server).get('/api/looking').set({ authorization });
      const missing = await ask(mockCredentials.user.header());
      expect(missing.body.error).toEqual({
        name: 'NotFoundError',
        message: 'No such thing',
      });
      const refused = await ask(mockCredentials.user.invalidHeader());
      expect(refused.status).toBe(401);
      expect(refused.body.error).not.toHaveProperty('stack');
      await backend.stop();
    } finally {
      process.env = environment;
    }
  });
});
