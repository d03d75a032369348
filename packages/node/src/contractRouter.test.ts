import {
  mockCredentials,
  mockErrorHandler,
  mockServices,
} from '@backstage/backend-test-utils';
import { defineContract } from '@downstage/common';
import { NotFoundError } from '@backstage/errors';
import express from 'express';
import request from 'supertest';
import { z } from 'zod';
import { createContractRouter } from './contractRouter';

const contract = defineContract({
  getModel: {
    method: 'get',
    path: '/v1/models/:name',
    summary: 'One model',
    params: z.object({ name: z.string().max(5) }),
    query: z.object({ limit: z.coerce.number<string>().int().default(10) }),
    response: z.object({
      name: z.string(),
      limit: z.number(),
      caller: z.string(),
    }),
  },
  createModel: {
    method: 'post',
    path: '/v1/models',
    summary: 'A new model',
    body: z.object({ name: z.string() }),
    response: z.object({ name: z.string() }),
    status: 201,
  },
});

function app() {
  return express()
    .use(
      createContractRouter({
        contract,
        httpAuth: mockServices.httpAuth(),
        handlers: {
          getModel: async ({ params, query }, { credentials }) => {
            if (params.name === 'gone')
              throw new NotFoundError('No model gone');
            const { principal } = credentials;
            return {
              name: params.name,
              limit: query.limit,
              caller:
                principal.type === 'user'
                  ? principal.userEntityRef
                  : principal.subject,
            };
          },
          createModel: async ({ body }) => ({ name: body.name }),
        },
      }),
    )
    .use(mockErrorHandler());
}

describe('createContractRouter', () => {
  it('parses the request, fills defaults and tells the handler who calls', async () => {
    const response = await request(app())
      .get('/v1/models/churn')
      .set('authorization', mockCredentials.user.header('user:default/ann'));
    expect(response.body).toEqual({
      name: 'churn',
      limit: 10,
      caller: 'user:default/ann',
    });
  });

  it('answers success with the status of the contract', async () => {
    const response = await request(app())
      .post('/v1/models')
      .send({ name: 'm' });
    expect(response.status).toBe(201);
  });

  it('names the field of a request that does not fit', async () => {
    const response = await request(app()).post('/v1/models').send({ name: 7 });
    expect(response.status).toBe(400);
    expect(response.body.error.message).toMatch(/Invalid body.*name/s);
  });

  it('passes on what the handler throws', async () => {
    const response = await request(app()).get('/v1/models/gone');
    expect(response.status).toBe(404);
  });

  it('refuses callers without credentials', async () => {
    const response = await request(app())
      .get('/v1/models/churn')
      .set('authorization', mockCredentials.none.header());
    expect(response.status).toBe(401);
  });
});
