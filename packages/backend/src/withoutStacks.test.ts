import { MiddlewareFactory } from '@backstage/backend-defaults/rootHttpRouter';
import { mockServices } from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import express from 'express';
import request from 'supertest';
import { withoutStacks } from './withoutStacks';

describe('the portal', () => {
  const { NODE_ENV } = process.env;
  afterEach(() => {
    Object.assign(process.env, { NODE_ENV });
  });

  it('answers without stack traces, in development too', async () => {
    Object.assign(process.env, { NODE_ENV: 'development' });
    const app = express();
    const middleware = MiddlewareFactory.create({
      config: mockServices.rootConfig(),
      logger: mockServices.rootLogger(),
    });
    withoutStacks({
      middleware,
      applyDefaults: () => {
        app.get('/', () => {
          throw new NotFoundError('No such thing', new Error('inside'));
        });
        app.use(middleware.error());
      },
    });
    const { status, text } = await request(app).get('/');
    expect(status).toBe(404);
    expect(text).toContain('No such thing');
    expect(text).not.toMatch(/"stack"|withoutStacks/);
  });
});
